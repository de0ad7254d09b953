/** Every example runs against the simulator, as a user runs it. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { promisify } from 'node:util';
import { createServer as createCoapServer } from 'coap';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { certify } from '../e2e/authority.ts';
import { SEQUANS } from '../e2e/dialects.ts';
import { type ModemKind, simUrl, TYPICAL } from '../e2e/modems.ts';
import { startMosquitto } from '../e2e/mosquitto.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';

const run = promisify(execFile);
const EXAMPLES = new URL('../../examples/', import.meta.url).pathname;
const DEADLINE_MS = 20_000;

interface Run {
  readonly args: readonly string[];
  readonly says: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function openUdpEcho(): Promise<string> {
  const echo = createSocket('udp4').bind(0, '127.0.0.1');
  await once(echo, 'listening');
  onTestFinished(() => void echo.close());
  echo.on('message', (data, { port, address }) => echo.send(data, port, address));
  return String(echo.address().port);
}

async function openCoap(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const service = createCoapServer((_request, response) => response.end('twelve'));
  onTestFinished(() => void service.close());
  service.listen(socket);
  return socket.address().port;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const answer: RequestListener = ({ method, url }, response) => response.end(`${method} ${url}`);

/** A modem, and where to find it. */
interface Given extends ModemKind {
  readonly url: string;
}

/** Each starts what its example talks to. */
const cases: Readonly<Record<string, (modem: Given, skip: TestContext['skip']) => Run | Promise<Run>>> = {
  'telemetry.mjs': async () => ({
    args: ['127.0.0.1', await openUdpEcho()],
    says: ['sent 35 bytes', 'answers {"sensor":"kitchen","celsius":21.5}'],
  }),
  'own-modem.mjs': async ({ url, limits }) => ({
    args: [url, '127.0.0.1', await openUdpEcho()],
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
  const { args, says, env: own } = await prepare({ ...modem, url }, skip);
  // NODE_TEST_CONTEXT would make a `node --test` child report to a parent that is none.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = await run(process.execPath, [`${EXAMPLES}${example}`, ...args], {
    timeout: DEADLINE_MS,
    env: { ...env, ...own, ATSOCK_MODEM: url },
  });
  for (const text of says) expect(stdout).toContain(text);
  expect(stderr).toBe('');
});
