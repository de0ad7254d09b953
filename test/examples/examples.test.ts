/** Every example runs against the simulator, as a user runs it. */
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { createServer, type Server } from 'coap';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const EXAMPLES = new URL('../../examples/', import.meta.url).pathname;
const DEADLINE_MS = 20_000;

let echo: Socket;
let echoPort: string;
let service: Server;
let servicePort: number;

beforeAll(async () => {
  echo = createSocket('udp4').bind(0, '127.0.0.1');
  await once(echo, 'listening');
  echo.on('message', (data, { port, address }) => echo.send(data, port, address));
  echoPort = String(echo.address().port);
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  servicePort = socket.address().port;
  service = createServer((_request, response) => response.end('twelve'));
  service.listen(socket);
});

afterAll(() => {
  echo.close();
  service.close();
});

const cases: Readonly<Record<string, () => { args: readonly string[]; says: readonly string[] }>> = {
  'telemetry.mjs': () => ({
    args: ['127.0.0.1', echoPort],
    says: ['sent 35 bytes', 'answers {"sensor":"kitchen","celsius":21.5}'],
  }),
  'own-modem.mjs': () => ({
    args: ['sim:sequans', '127.0.0.1', echoPort],
    says: [
      'network: home',
      '6 connections',
      "registration: 'home'",
      '+CSQ: ',
      'heard hello',
      'SQNSSENDEXT 1 times',
    ],
  }),
  'coap.mjs': () => ({
    args: ['sim:sequans', `coap://127.0.0.1:${servicePort}/time`],
    says: ['2.05 twelve'],
  }),
  'test-with-sim.mjs': () => ({ args: [], says: ['pass 3', 'fail 0'] }),
};

test('each example has a test', () => {
  expect(
    readdirSync(EXAMPLES)
      .filter(name => name.endsWith('.mjs'))
      .sort(),
  ).toEqual(Object.keys(cases).sort());
});

test.each(Object.entries(cases))('%s', async (name, expected) => {
  const { args, says } = expected();
  // NODE_TEST_CONTEXT would make a `node --test` child report to a parent that is none.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = await run(process.execPath, [`${EXAMPLES}${name}`, ...args], {
    timeout: DEADLINE_MS,
    env: { ...env, ATSOCK_MODEM: 'sim:sequans' },
  });
  for (const text of says) expect(stdout).toContain(text);
  expect(stderr).toBe('');
});
