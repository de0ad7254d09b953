/** Programs that know nothing of modems, with no line changed: they do over the modem what they do without, and end. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createCoapServer } from 'coap';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { certify } from '../e2e/authority.ts';
import { simUrl, TYPICAL } from '../e2e/modems.ts';
import { startMosquitto } from '../e2e/mosquitto.ts';
import { LOOPBACK, listen } from '../e2e/streams.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { runNode } from '../tools/run-cli.ts';
import { OVER_THE_MODEM, runHooked } from './hooked.ts';

const PROGRAMS = 'test/register/programs/';

type Family = 4 | 6;

/** What a program talks to. */
interface Service {
  readonly url: string;
  readonly env?: NodeJS.ProcessEnv;
  /** How many have come; those kept for the next request count once. */
  readonly connections?: () => number;
}

const urlOf = (scheme: string, family: Family, port: number): string =>
  `${scheme}://${family === 4 ? LOOPBACK[4] : `[${LOOPBACK[6]}]`}:${port}`;

function answer({ method, url, socket }: IncomingMessage, response: ServerResponse): void {
  response.end(`${method} ${url} from ${socket.remoteFamily}`);
}

async function serve(scheme: string, family: Family, server: Server): Promise<Service> {
  // Longer than any test: the program ends by itself.
  server.keepAliveTimeout = 60_000;
  onTestFinished(() => server.closeAllConnections());
  let connections = 0;
  server.on('connection', () => connections++);
  const { port } = await listen(server, family);
  return { url: urlOf(scheme, family, port), connections: () => connections };
}

const http = (family: Family): Promise<Service> => serve('http', family, createServer(answer));

async function https(family: Family, skip: TestContext['skip']): Promise<Service> {
  const { key, cert, caFile } = certify(needProgram(skip, 'openssl'), temporaryFolder());
  const service = await serve('https', family, createHttpsServer({ key, cert }, answer));
  return { ...service, env: { NODE_EXTRA_CA_CERTS: caFile } };
}

async function webSocket(family: Family): Promise<Service> {
  const server = createServer();
  new WebSocketServer({ server }).on('connection', socket =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const { port } = await listen(server, family);
  return { url: urlOf('ws', family, port) };
}

async function mqtt(family: Family, skip: TestContext['skip']): Promise<Service> {
  const port = await startMosquitto(needProgram(skip, 'mosquitto'), LOOPBACK[family]);
  return { url: urlOf('mqtt', family, port) };
}

async function coap(family: Family): Promise<Service> {
  const socket = createSocket(`udp${family}`).bind(0, LOOPBACK[family]);
  await once(socket, 'listening');
  const service = createCoapServer((_, response) => response.end('twelve'));
  onTestFinished(() => void service.close());
  service.listen(socket);
  return { url: `${urlOf('coap', family, socket.address().port)}/time` };
}

async function echo(family: Family): Promise<Service> {
  const socket = createSocket(`udp${family}`).bind(0, LOOPBACK[family]);
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  socket.on('message', (data, { port, address }) => socket.send(data, port, address));
  return { url: urlOf('udp', family, socket.address().port) };
}

const RUNS: readonly [
  program: string,
  service: (family: Family, skip: TestContext['skip']) => Promise<Service>,
  says: RegExp,
][] = [
  ['axios.cjs', http, /^(200 POST \/number\/\d from IPv\d\n){5}$/],
  ['http.cjs', http, /^200 GET \/ from IPv\d\n$/],
  ['https.mjs', https, /^200 GET \/get from IPv\d true\nGET \/fetch from IPv\d\n$/],
  ['fetch.mjs', http, /^(200 PUT \/number\/\d from IPv\d\n){3}$/],
  ['undici.cjs', http, /^200 GET \/ from IPv\d\n$/],
  ['ws.mjs', webSocket, /^hello\n1005\n$/],
  ['mqtt.mjs', mqtt, /^atsock\/kitchen 21\.5\n$/],
  ['coap.cjs', coap, /^2\.05 twelve\n$/],
  ['telemetry.mjs', echo, /^listening .*\nnull 9\ntelemetry .* 9\nclosed\n$/],
  ['telemetry.cjs', echo, /^listening .*\nreport .*\nclosed\n$/],
];

const CASES = RUNS.flatMap(([program, service, says]) =>
  ([4, 6] as const).map(family => ({ program, service, says, family })),
);

test.for(CASES)('$program, IPv$family', async ({ program, service, says, family }, { skip }) => {
  needBuild();
  const { url, env, connections } = await service(family, skip);
  const args = [PROGRAMS + program, url];
  const withNode = await runNode(args, env).ended;
  expect(withNode).toMatchObject({ code: 0, stdout: expect.stringMatching(says) });
  const wanted = connections?.();
  for (const [index, { name, simOptions, dialect }] of TYPICAL.entries()) {
    const { commands, ...ended } = await runHooked(args, {
      ...env,
      ATSOCK_MODEM: simUrl(simOptions),
      ATSOCK_ROUTE: OVER_THE_MODEM,
    });
    expect(ended, name).toEqual(withNode);
    expect(commands.filter(line => dialect.sends.test(line)).length, name).toBeGreaterThan(0);
    if (wanted === undefined) continue;
    expect(connections?.(), name).toBe(wanted * (index + 2));
    expect(
      commands.filter(line => dialect.dials.test(line)),
      name,
    ).toHaveLength(wanted);
  }
});
