/** Mail through a real SMTP server: exact texts, headers that no text can add to, errors of the server, TLS and login. */
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { RefusedError } from '../../src/outgoing/destination.ts';
import { createMail, type MailOptions } from '../../src/outgoing/mail.ts';
import type { ServeEvent } from '../../src/serve/events.ts';
import { certify } from '../e2e/authority.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { runProgram } from '../tools/run-cli.ts';
import { receivedMessage } from './occurrences.ts';

const SEED = 12;
const TEXTS = hostileTexts(200, SEED);

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Unfolded, by small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

const signal = new AbortController().signal;

async function openServer(
  options: SMTPServerOptions = {},
): Promise<{ readonly port: number; readonly mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    onData: async (stream, { envelope }, done) => {
      const from = envelope.mailFrom ? envelope.mailFrom.address : '';
      mails.push({
        from,
        to: envelope.rcptTo.map(({ address }) => address),
        ...parseMail(await textOf(stream)),
      });
      done();
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>(resolve => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

/** Of the one form that we write: a head, and a text in Base64. */
function parseMail(raw: string): { readonly headers: ReadonlyMap<string, string>; readonly text: string } {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Map(lines.map(line => line.split(/: (.*)/s, 2) as [string, string]));
  expect(headers.size).toBe(lines.length);
  return {
    headers: new Map([...headers].map(([name, value]) => [name.toLowerCase(), value])),
    text: Buffer.from(body.join(''), 'base64').toString(),
  };
}

const mailer = (port: number, options: Partial<MailOptions> = {}) =>
  createMail({
    gateway: 'gate',
    server: new URL(`smtp://127.0.0.1:${port}`),
    from: 'modem@example.org',
    to: ['one@example.org', 'two@example.org'],
    ...options,
  });

const watchdog = {
  id: '9',
  at: '2026-11-21T10:00:00.000Z',
  type: 'watchdog',
  action: { rung: 3, action: 'radio off and on', reason: 'not registered', result: 'works again' },
} satisfies ServeEvent;

test('a message becomes a mail, the same again the same mail', async () => {
  const { port, mails } = await openServer();
  const mail = await mailer(port);
  await mail.deliver(receivedMessage(1, 'Grüße 😀\nsecond line\\n'), signal);
  await mail.deliver(receivedMessage(1, 'Grüße 😀\nsecond line\\n'), signal);
  expect(mails).toHaveLength(2);
  for (const { from, to, headers, text } of mails) {
    expect(from).toBe('modem@example.org');
    expect(to).toEqual(['one@example.org', 'two@example.org']);
    expect(headers.get('from')).toBe('gate <modem@example.org>');
    expect(headers.get('subject')).toBe('SMS from +43660123456');
    expect(headers.get('message-id')).toBe('<gate-1@example.org>');
    expect(headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 +0000');
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(text).toBe('Grüße 😀\nsecond line\\n');
  }
});

test('what the watchdog did to the modem, too, and nothing else', async () => {
  const { port, mails } = await openServer();
  const mail = await mailer(port);
  expect(mail.wants(watchdog)).toBe(true);
  expect(mail.wants({ ...watchdog, action: { ...watchdog.action, rung: 2 } })).toBe(false);
  expect(mail.wants({ id: '1', at: '', type: 'modem', state: 'ready' })).toBe(false);
  await mail.deliver(watchdog, signal);
  expect(mails[0]?.headers.get('subject')).toBe('Watchdog of gate');
  expect(JSON.parse(mails[0]?.text ?? '')).toEqual(watchdog);
});

test(`${TEXTS.length} hostile texts and senders change nothing but the text and the subject (seed ${SEED})`, async () => {
  const { port, mails } = await openServer();
  const mail = await mailer(port);
  // smtp-server makes each client wait for a tenth of a second.
  const stay = (): AbortSignal => new AbortController().signal;
  const deliveries = TEXTS.map((text, id) => mail.deliver(receivedMessage(id, text, text), stay()));
  await Promise.all(deliveries);
  expect(mails).toHaveLength(TEXTS.length);
  const names = [...(mails[0]?.headers.keys() ?? [])].sort();
  for (const { headers, text, to } of mails) {
    expect([...headers.keys()].sort()).toEqual(names);
    expect(to).toEqual(['one@example.org', 'two@example.org']);
    for (const value of headers.values()) expect(value).toMatch(/^[ -~]*$/);
    // Line ends are CR LF in mail, and half a surrogate pair is no character.
    const index = Number(/<gate-(\d+)@/.exec(headers.get('message-id') ?? '')?.[1]);
    const sent = Buffer.from(TEXTS[index] ?? '').toString();
    expect(text.replace(/\r\n?/g, '\n')).toBe(sent.replace(/\r\n?/g, '\n'));
  }
});

test('a server that has read the mail and will not have it: dropped', async () => {
  const refuse = Object.assign(new Error('we do not like that'), { responseCode: 554 });
  const { port } = await openServer({
    onData: (stream, _, done) => stream.resume().once('end', () => done(refuse)),
  });
  const refused = (await mailer(port)).deliver(receivedMessage(1), signal);
  await expect(refused).rejects.toThrow(RefusedError);
});

test.each([
  ['busy', { onData: (stream, _, done) => stream.resume().once('end', () => done(coded(451))) }],
  ['knows no such receiver', { onRcptTo: (_address, _session, done) => done(coded(550)) }],
  ['refuses the sender', { onMailFrom: (_address, _session, done) => done(coded(550)) }],
  ['refuses everybody', { onConnect: (_session, done) => done(coded(554)) }],
  ['refuses the password', { onAuth: (_auth, _session, done) => done(coded(535)), allowInsecureAuth: true }],
] satisfies [string, SMTPServerOptions][])('a server that is %s: tried again', async (_name, options) => {
  const { port } = await openServer(options);
  const mail = await mailer(port, { login: { user: 'modem', password: 'secret' } });
  const error = await mail.deliver(receivedMessage(1), signal).catch(reason => reason);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(RefusedError);
  expect(error.message).not.toContain('secret');
});

test('nobody there: tried again; a stop ends it', async () => {
  const mail = await mailer(1);
  await expect(mail.deliver(receivedMessage(1), signal)).rejects.toMatchObject({ code: 'ESOCKET' });
  const { port } = await openServer({ onConnect: () => {} });
  const stop = new AbortController();
  const stopped = (await mailer(port)).deliver(receivedMessage(1), stop.signal);
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
});

test('a server elsewhere that cannot speak TLS is not given the password', async () => {
  let logins = 0;
  const { port } = await openServer({
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => {
      logins++;
      done(null, { user: 'modem' });
    },
  });
  // Loopback in a spelling that is not taken for it.
  const server = new URL(`smtp://0x7f.1:${port}`);
  const mail = await mailer(port, { server, login: { user: 'modem', password: 'secret' } });
  await expect(mail.deliver(receivedMessage(1), signal)).rejects.toMatchObject({ code: 'ETLS' });
  expect(logins).toBe(0);
});

test('a password goes over TLS only, to a server whose certificate somebody vouches for', async ({
  skip,
}) => {
  needBuild();
  const { key, cert, caFile } = certify(needProgram(skip, 'openssl'), temporaryFolder());
  const logins: (string | undefined)[] = [];
  const { port, mails } = await openServer({
    secure: true,
    key,
    cert,
    authOptional: false,
    onAuth: ({ username, password }, _session, done) => {
      logins.push(`${username}:${password}`);
      done(null, { user: username });
    },
  });
  const options = {
    ...{ gateway: 'gate', server: '', from: 'modem@example.org', to: ['one@example.org'] },
    login: { user: 'modem', password: 'secret' },
  };
  const send = (env: NodeJS.ProcessEnv) =>
    runProgram(
      `import { createMail } from './dist/outgoing/mail.js';
      const server = new URL('smtps://localhost:${port}');
      const mail = await createMail({ ...${JSON.stringify(options)}, server });
      const event = ${JSON.stringify(receivedMessage(1))};
      await mail.deliver(event, new AbortController().signal).then(() => console.log('done'), console.log);`,
      env,
    ).ended;
  expect((await send({})).stdout).toMatch(/unable to verify/);
  expect(logins).toEqual([]);
  expect((await send({ NODE_EXTRA_CA_CERTS: caFile })).stdout).toBe('done\n');
  expect(logins).toEqual(['modem:secret']);
  expect(mails).toHaveLength(1);
});

const coded = (responseCode: number): Error => Object.assign(new Error('no'), { responseCode });
