/** Web hooks against real servers: signatures, which answers are final, time limits, redirections and private networks. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Destination, RefusedError } from '../../src/outgoing/destination.ts';
import { parseSecret, signedHeaders } from '../../src/outgoing/signature.ts';
import { createWebhook } from '../../src/outgoing/webhook.ts';
import { overModem, overThisComputer } from '../../src/outgoing/webhook-ways.ts';
import { certify } from '../e2e/authority.ts';
import { openBench, TYPICAL } from '../e2e/modems.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { receivedMessage } from './occurrences.ts';

const SEED = 12;
const TEXTS = hostileTexts(200, SEED);

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const LOOPBACK = ['127.0.0.0/8', '::1'];
const signal = new AbortController().signal;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Resolves with a server's port. */
async function listen(server: ReturnType<typeof createServer>, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** What was posted to a server that answers so. */
async function openReceiver(status = 204): Promise<{ readonly port: number; readonly received: Received[] }> {
  const received: Received[] = [];
  const answer: RequestListener = async (request, response) => {
    received.push({ headers: request.headers, body: (await buffer(request)).toString() });
    response.writeHead(status, { location: '/elsewhere' }).end('answer');
  };
  return { port: await listen(createServer(answer)), received };
}

const hook = (url: string, allow: readonly string[] = LOOPBACK): Destination =>
  createWebhook({
    gateway: 'gate',
    url: new URL(url),
    secret: parseSecret(SECRET),
    way: overThisComputer(allow),
  });

test('the signature is that of the example in Standard Webhooks', () => {
  const headers = signedHeaders(
    parseSecret(SECRET),
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1_614_265_330,
    '{"test": 2432232314}',
  );
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test.each([
  '',
  'whsec_',
  'whsec_c2hvcnQ=',
  'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  `${SECRET}!`,
  `whsec_${'A'.repeat(100)}`,
])('"%s" is no secret', text =>
  expect(() => parseSecret(text)).toThrow('the secret must be "whsec_" and 24 to 64 bytes in Base64'),
);

test(`${TEXTS.length} hostile texts arrive as they are, signed (seed ${SEED})`, async () => {
  const { port, received } = await openReceiver();
  const webhook = hook(`http://127.0.0.1:${port}/hook?key=1`);
  for (const [id, text] of TEXTS.entries()) await webhook.deliver(receivedMessage(id, text, text), signal);
  expect(received).toHaveLength(TEXTS.length);
  for (const [index, { headers, body }] of received.entries()) {
    const id = headers['webhook-id'];
    const sentAt = Number(headers['webhook-timestamp']);
    expect(id).toBe(`gate-${index}`);
    expect(Math.abs(Date.now() / 1_000 - sentAt)).toBeLessThan(300);
    const mac = createHmac('sha256', Buffer.from(SECRET.slice('whsec_'.length), 'base64'));
    const signature = mac.update(`${id}.${sentAt}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(headers['content-type']).toBe('application/json');
    const text = TEXTS[index];
    expect(JSON.parse(body)).toEqual({ gateway: 'gate', ...receivedMessage(index, text, text) });
    expect(body).not.toMatch(/[\0-\x1f]/);
  }
});

test.each([400, 409, 410, 413, 414, 415, 422])('%d is about the event', async status => {
  const { port } = await openReceiver(status);
  const refused = hook(`http://127.0.0.1:${port}/`).deliver(receivedMessage(1), signal);
  await expect(refused).rejects.toThrow(RefusedError);
});

test.each([301, 307, 308, 401, 403, 404, 405, 408, 425, 429, 500, 502, 503])(
  '%d is about the destination, and nothing is followed',
  async status => {
    const { port, received } = await openReceiver(status);
    const failed = hook(`http://127.0.0.1:${port}/`).deliver(receivedMessage(1), signal);
    const error = await failed.catch(reason => reason);
    expect(error).not.toBeInstanceOf(RefusedError);
    expect(error.message).toBe(`it answered ${status}`);
    expect(received).toHaveLength(1);
  },
);

test('a server that says nothing is given up', async () => {
  const port = await listen(createServer(() => {}));
  const failed = hook(`http://127.0.0.1:${port}/`).deliver(receivedMessage(1), signal);
  await expect(failed).rejects.toThrow('no answer within 10 s');
});

test('an answer without end is not read', async () => {
  const flood = createServer((_, response) => {
    response.on('error', () => {}).writeHead(200);
    const pour = (): void => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', pour);
    };
    pour();
  });
  await hook(`http://127.0.0.1:${await listen(flood)}/`).deliver(receivedMessage(1), signal);
});

test('a stop ends it', async () => {
  const stop = new AbortController();
  const port = await listen(createServer(() => stop.abort()));
  const stopped = hook(`http://127.0.0.1:${port}/`).deliver(receivedMessage(1), stop.signal);
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
});

test.each([
  'http://127.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://localhost/',
  'http://10.0.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://[fd12::1]/',
  'http://[fe80::1]/',
])('%s is in a private network', async url => {
  const refused = hook(url, []).deliver(receivedMessage(1), signal);
  await expect(refused).rejects.toThrow('is in a private network, which is not allowed');
});

test('of a name only the addresses that are allowed are tried', async () => {
  const { port, received } = await openReceiver();
  await hook(`http://localhost:${port}/`, ['127.0.0.1']).deliver(receivedMessage(1), signal);
  expect(received).toHaveLength(1);
});

test('a certificate that nobody vouches for is not taken', async ({ skip }) => {
  const { key, cert } = certify(needProgram(skip, 'openssl'), temporaryFolder());
  let requests = 0;
  const server = createHttpsServer({ key, cert }, () => requests++);
  const failed = hook(`https://localhost:${await listen(server)}/`).deliver(receivedMessage(1), signal);
  await expect(failed).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  expect(requests).toBe(0);
});

describe.each(TYPICAL)('over $name', ({ simOptions }) => {
  test('the same request; the name is looked up and dialled by the modem', async () => {
    const { modem } = await openBench({ ...simOptions, host: { 'hooks.example': '127.0.0.1' } });
    const { port, received } = await openReceiver();
    const url = new URL(`http://hooks.example:${port}/`);
    const webhook = createWebhook({
      gateway: 'gate',
      url,
      secret: parseSecret(SECRET),
      way: overModem(modem.net),
    });
    await webhook.deliver(receivedMessage(1), signal);
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([
      { gateway: 'gate', ...receivedMessage(1) },
    ]);
  });

  test('a certificate that nobody vouches for is not taken', async ({ skip }) => {
    const { modem } = await openBench(simOptions);
    const { key, cert } = certify(needProgram(skip, 'openssl'), temporaryFolder());
    let requests = 0;
    const port = await listen(createHttpsServer({ key, cert }, () => requests++));
    const url = new URL(`https://127.0.0.1:${port}/`);
    const webhook = createWebhook({
      gateway: 'gate',
      url,
      secret: parseSecret(SECRET),
      way: overModem(modem.net),
    });
    const failed = webhook.deliver(receivedMessage(1), signal);
    await expect(failed).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(requests).toBe(0);
  });
});
