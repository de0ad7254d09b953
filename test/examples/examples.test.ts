/** Every example runs against the simulator, as a user runs it. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { promisify } from 'node:util';
import { expect, type TestContext, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { certify } from '../e2e/authority.ts';
import { SEQUANS } from '../e2e/dialects.ts';
import { type ModemKind, simUrl, TYPICAL } from '../e2e/modems.ts';
import { startMosquitto } from '../e2e/mosquitto.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { answer, listen, openCoap, openTcpEcho, openUdpEcho } from './peers.ts';

const run = promisify(execFile);
const EXAMPLES = new URL('../../examples/', import.meta.url).pathname;
const DEADLINE_MS = 20_000;

interface Run {
  readonly node?: readonly string[];
  readonly args: readonly string[];
  readonly says: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A modem, and where to find it. */
interface Given extends ModemKind {
  readonly url: string;
}

const withHost = (url: string, host: string): string => `${url}${url.includes('?') ? '&' : '?'}host=${host}`;

/** Each starts what its example talks to. */
const cases: Readonly<Record<string, (modem: Given, skip: TestContext['skip']) => Run | Promise<Run>>> = {
  'telemetry.mjs': async () => ({
    args: ['127.0.0.1', `${await openUdpEcho()}`],
    says: ['sent 35 bytes', 'answers {"sensor":"kitchen","celsius":21.5}'],
  }),
  'own-modem.mjs': async ({ url, limits }) => ({
    args: [url, '127.0.0.1', `${await openUdpEcho()}`],
    says: [
      'network: home',
      `${limits.connections} connections`,
      "registration: 'home'",
      '+CSQ: ',
      'heard hello',
      ' commands\n',
    ],
  }),
  'coap.mjs': async ({ url }) => ({
    args: [url, `coap://127.0.0.1:${await openCoap()}/time`],
    says: ['2.05 twelve'],
  }),
  'http.mjs': async ({ url }) => ({
    args: [url, `http://127.0.0.1:${await listen(createHttpServer(answer))}/time`],
    says: ['200 GET /time\n200 GET /time\n200 GET /time\n', 'connections open: 1\n'],
  }),
  'https.mjs': async ({ url }, skip) => {
    const { key, cert, caFile } = certify(needProgram(skip, 'openssl'), temporaryFolder());
    return {
      args: [url, `https://localhost:${await listen(createHttpsServer({ key, cert }, answer))}/time`],
      says: ['200 from localhost by TLSv1.3\n', 'GET /time\n'],
      env: { NODE_EXTRA_CA_CERTS: caFile },
    };
  },
  'fetch.mjs': async ({ url }) => ({
    args: [url, `http://127.0.0.1:${await listen(createHttpServer(answer))}/time`],
    says: ['200 GET /time\n'],
  }),
  'mqtt.mjs': async ({ url }, skip) => ({
    args: [url, '127.0.0.1', `${await startMosquitto(needProgram(skip, 'mosquitto'))}`],
    says: ['atsock/kitchen: 21.5 °C\n'],
  }),
  'websocket.mjs': async ({ url }) => {
    const server = createHttpServer();
    new WebSocketServer({ server }).on('connection', socket =>
      socket.on('message', message => socket.send(String(message))),
    );
    return {
      args: [url, `ws://127.0.0.1:${await listen(server)}/echo`],
      says: ['heard hello over a modem\n'],
    };
  },
  'plain.mjs': async ({ url }) => ({
    node: ['--import', 'atsock/register'],
    args: ['echo.example', `${await openTcpEcho()}`, `${await openUdpEcho()}`],
    says: ['by TCP 127.0.0.1 says hello\n', 'by UDP 127.0.0.1 says hello\n'],
    // A name that only the modem knows.
    env: { ATSOCK_MODEM: withHost(url, 'echo.example=127.0.0.1'), ATSOCK_QUIET: '1' },
  }),
  'sms.mjs': ({ url }) => ({
    // The simulator's own number.
    args: [url, '+12025550100', 'stop'],
    says: ['sent in 1 part\n', 'report 0: delivered\n', '+12025550100: stop\n'],
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

const runs = TYPICAL.flatMap(modem =>
  Object.entries(cases)
    // This one brings its own modems.
    .filter(([example]) => modem.dialect === SEQUANS || example !== 'test-with-sim.mjs')
    .map(([example, prepare]) => ({ ...modem, example, prepare })),
);

test.for(runs)('$example, $name', async ({ example, prepare, ...modem }, { skip }) => {
  needBuild();
  const url = simUrl(modem.simOptions);
  const { node = [], args, says, env: own } = await prepare({ ...modem, url }, skip);
  // NODE_TEST_CONTEXT would make a `node --test` child report to a parent that is none.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = await run(process.execPath, [...node, `${EXAMPLES}${example}`, ...args], {
    timeout: DEADLINE_MS,
    cwd: EXAMPLES,
    env: { ...env, ATSOCK_MODEM: url, ...own },
  });
  for (const text of says) expect(stdout).toContain(text);
  expect(stderr).toBe('');
});
