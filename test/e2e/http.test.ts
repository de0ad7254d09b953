/** HTTP, HTTPS, fetch and WebSockets by programs and libraries that know nothing of modems, with real servers on loopback. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { buildConnector, Agent as FetchAgent } from 'undici';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Modem } from '../../src/index.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { within } from '../tools/run-cli.ts';
import { type Certified, certify } from './authority.ts';
import { countOf, MODEMS, openBench } from './modems.ts';
import type { To } from './sockets.ts';
import { closed, closedPort, listen, until } from './streams.ts';

const SEED = 80;
const DEADLINE_MS = 20_000;
const BODY = nastyBytes(300_000, SEED);

const sha1 = (data: Uint8Array): string => createHash('sha1').update(data).digest('hex');

/** Answers what it got: `/echo` the body itself, others what it was. Counts its connections. */
function handler(): {
  readonly connections: Set<Socket>;
  readonly handle: (q: IncomingMessage, r: ServerResponse) => void;
} {
  const connections = new Set<Socket>();
  const handle = async (question: IncomingMessage, answer: ServerResponse): Promise<void> => {
    connections.add(question.socket);
    const body = await buffer(question);
    if (question.url === '/echo') answer.end(body);
    else answer.end(`${question.method} ${question.url} ${body.length} ${sha1(body)}`);
  };
  return { connections, handle };
}

/** The text that `handler()` answers. */
const summary = (method: string, url: string, body: Uint8Array = Buffer.alloc(0)): string =>
  `${method} ${url} ${body.length} ${sha1(body)}`;

async function ask(
  options: RequestOptions,
  body?: Uint8Array,
  send = request,
): Promise<{ status: number | undefined; body: Buffer }> {
  const question = send(options);
  question.end(body);
  const [answer] = (await within(DEADLINE_MS, 'an answer', once(question, 'response'))) as [IncomingMessage];
  return { status: answer.statusCode, body: await within(DEADLINE_MS, 'its body', buffer(answer)) };
}

async function openHttp(): Promise<{ to: To; connections: Set<Socket> }> {
  const { connections, handle } = handler();
  return { to: await listen(createServer(handle)), connections };
}

function modemAgent(modem: Modem, options: ConstructorParameters<typeof Agent>[0]): Agent {
  const agent = new Agent(options);
  agent.createConnection = modem.net.createConnection as typeof agent.createConnection;
  onTestFinished(() => agent.destroy());
  return agent;
}

describe.each(MODEMS)('http, $name', ({ simOptions, dialect }) => {
  test('100 requests on one connection that is kept alive', async () => {
    const { modem, sim } = await openBench(simOptions);
    const { to, connections } = await openHttp();
    const agent = modemAgent(modem, { keepAlive: true, maxSockets: 1 });
    for (let index = 0; index < 100; index++) {
      const path = `/number/${index}`;
      const answer = await ask({ host: to.address, port: to.port, path, agent });
      expect([answer.status, String(answer.body)]).toEqual([200, summary('GET', path)]);
    }
    expect(connections.size).toBe(1);
    expect(modem.stats().connections).toBe(1);
    expect(countOf(sim, dialect.dials)).toBe(1);
    expect(sim.connectionsOpen).toBe(1);
  });

  test('100 requests at once on four connections', async () => {
    const { modem } = await openBench(simOptions);
    const { to, connections } = await openHttp();
    const agent = modemAgent(modem, { keepAlive: true, maxSockets: 4 });
    const paths = Array.from({ length: 100 }, (_, index) => `/number/${index}`);
    const answers = await Promise.all(
      paths.map(path => ask({ host: to.address, port: to.port, path, agent })),
    );
    expect(answers.map(({ body }) => String(body))).toEqual(paths.map(path => summary('GET', path)));
    expect(connections.size).toBe(4);
  });

  test(`a body of 300,000 bytes there and back, seed ${SEED}`, async () => {
    const { modem } = await openBench(simOptions);
    const { to } = await openHttp();
    const agent = modemAgent(modem, { keepAlive: true });
    const options = { host: to.address, port: to.port, method: 'POST', path: '/echo', agent };
    for (let round = 0; round < 3; round++) expect((await ask(options, BODY)).body.equals(BODY)).toBe(true);
  });

  test('a connection for each request, closed afterwards', async () => {
    const { modem, sim } = await openBench(simOptions);
    const { to, connections } = await openHttp();
    const agent = modemAgent(modem, { keepAlive: false });
    const used = new Set<Promise<void>>();
    for (let index = 0; index < 20; index++) {
      const question = request({ host: to.address, port: to.port, agent }).end();
      question.on('socket', socket => used.add(closed(socket)));
      const [answer] = await once(question, 'response');
      expect(String(await buffer(answer))).toBe(summary('GET', '/'));
    }
    await Promise.all(used);
    expect(connections.size).toBe(20);
    expect(sim.connectionsOpen).toBe(0);
  });

  test('nobody listens: the request fails as with Node', async () => {
    const { modem } = await openBench(simOptions);
    const { address, port } = await closedPort();
    const agent = modemAgent(modem, {});
    await expect(ask({ host: address, port, agent })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      syscall: 'connect',
      address,
      port,
    });
  });
});

let certificate: Certified | undefined;

/** Made once. */
function certified(skip: TestContext['skip']): Certified {
  certificate ??= certify(needProgram(skip, 'openssl'), temporaryFolder());
  return certificate;
}

describe.each(MODEMS)('https, $name', ({ simOptions, dialect }) => {
  async function openHttps(
    skip: TestContext['skip'],
  ): Promise<{ to: To; ca: string; connections: Set<Socket> }> {
    const { key, cert, ca } = certified(skip);
    const { connections, handle } = handler();
    return { to: await listen(https.createServer({ key, cert }, handle)), ca, connections };
  }

  /** Verifies the server. */
  function tlsAgent(modem: Modem, options: https.AgentOptions): https.Agent {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ...options });
    agent.createConnection = given => {
      const target = given as ConnectionOptions & { host: string; port: number };
      return connectTls({ ...target, socket: modem.net.connect(target.port, target.host) });
    };
    onTestFinished(() => agent.destroy());
    return agent;
  }

  test('20 requests on one verified connection, bodies there and back', async ({ skip }) => {
    const { modem } = await openBench(simOptions);
    const { to, ca, connections } = await openHttps(skip);
    const options = { host: 'localhost', port: to.port, agent: tlsAgent(modem, { ca }) };
    for (let index = 0; index < 20; index++) {
      const answer = await ask({ ...options, path: `/${index}` }, undefined, https.request);
      expect(String(answer.body)).toBe(summary('GET', `/${index}`));
    }
    const echo = await ask({ ...options, method: 'POST', path: '/echo' }, BODY, https.request);
    expect(echo.body.equals(BODY)).toBe(true);
    expect(connections.size).toBe(1);
  });

  test('TLS on a socket that is connected already, closed in order by the server', async ({ skip }) => {
    const { modem, sim } = await openBench(simOptions);
    const { to, ca } = await openHttps(skip);
    const socket = modem.net.connect(to.port, to.address);
    await once(socket, 'connect');
    const secure: TLSSocket = connectTls({ socket, ca, servername: 'localhost' });
    await once(secure, 'secureConnect');
    expect(secure.authorized).toBe(true);
    expect(secure.getPeerCertificate().subject.CN).toBe('localhost');
    const gone = closed(socket);
    secure.write('GET /tls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(String(await within(DEADLINE_MS, 'the end', buffer(secure)))).toContain(summary('GET', '/tls'));
    await gone;
    expect(sim.connectionsOpen).toBe(0);
  });

  test('an unknown authority is refused, and the connection given back', async ({ skip }) => {
    const { modem, sim } = await openBench(simOptions);
    const { to } = await openHttps(skip);
    const agent = tlsAgent(modem, {});
    await expect(
      ask({ host: 'localhost', port: to.port, agent }, undefined, https.request),
    ).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    await until('no connection', () => sim.connectionsOpen === 0);
  });

  test('nobody listens: the request fails as with Node', async () => {
    const { modem } = await openBench(simOptions);
    const { address, port } = await closedPort();
    await expect(
      ask({ host: address, port, agent: tlsAgent(modem, {}) }, undefined, https.request),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address, port });
  });

  describe('fetch', () => {
    /** Node's own `fetch` takes it. */
    function dispatcher(modem: Modem, ca: string): RequestInit {
      const startTls = buildConnector({ ca });
      const agent = new FetchAgent({
        connections: 1,
        connect(target, callback) {
          const socket = modem.net.connect(Number(target.port), target.hostname);
          if (target.protocol === 'https:') startTls({ ...target, httpSocket: socket }, callback);
          else
            once(socket, 'connect').then(
              () => callback(null, socket),
              error => callback(error, null),
            );
        },
      });
      onTestFinished(() => agent.destroy());
      // The types of Node's own undici are those of an older one.
      return { dispatcher: agent, signal: AbortSignal.timeout(DEADLINE_MS) } as unknown as RequestInit;
    }

    test('http and https, bodies there and back', async ({ skip }) => {
      const { modem, sim } = await openBench(simOptions);
      const { to, ca, connections } = await openHttps(skip);
      const plain = await openHttp();
      const init = dispatcher(modem, ca);
      for (const base of [`http://127.0.0.1:${plain.to.port}`, `https://localhost:${to.port}`]) {
        expect(await (await fetch(`${base}/get`, init)).text()).toBe(summary('GET', '/get'));
        const echo = await fetch(`${base}/echo`, { ...init, method: 'POST', body: new Uint8Array(BODY) });
        expect(BODY.equals(Buffer.from(await echo.arrayBuffer()))).toBe(true);
      }
      expect([plain.connections.size, connections.size]).toEqual([1, 1]);
      expect(countOf(sim, dialect.dials)).toBe(2);
    });

    test('nobody listens: the cause is the error of the modem', async () => {
      const { modem } = await openBench(simOptions);
      const { port } = await closedPort();
      for (const scheme of ['http', 'https'])
        await expect(fetch(`${scheme}://127.0.0.1:${port}/`, dispatcher(modem, ''))).rejects.toMatchObject({
          cause: { code: 'ECONNREFUSED', port },
        });
    });
  });
});

describe.each(MODEMS)('ws, $name', ({ simOptions }) => {
  /** Answers every message with itself. */
  async function openEcho(): Promise<To> {
    const server = createServer();
    const service = new WebSocketServer({ server });
    service.on('connection', socket =>
      socket.on('message', (data: Buffer, binary) => socket.send(data, { binary })),
    );
    return listen(server);
  }

  test(`texts and binary messages up to 300,000 bytes, ping and close, seed ${SEED}`, async () => {
    const { modem, sim } = await openBench(simOptions);
    const { port } = await openEcho();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, {
      createConnection: modem.net.createConnection,
    });
    const next = (name: string): Promise<unknown[]> => within(DEADLINE_MS, name, once(socket, name));
    await next('open');
    const messages = [
      'hello',
      'ERROR\r\nOK\r\n',
      Buffer.alloc(0),
      ...[1, 125, 126, 1_500, 70_000, 300_000].map(size => BODY.subarray(0, size)),
    ];
    for (const message of messages) {
      const answer = next('message');
      socket.send(message);
      const [data, binary] = (await answer) as [Buffer, boolean];
      expect(data.equals(Buffer.from(message))).toBe(true);
      expect(binary).toBe(typeof message !== 'string');
    }
    const pong = next('pong');
    socket.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
    const over = next('close');
    socket.close(1000, 'done');
    expect((await over)[0]).toBe(1000);
    await until('no connection', () => sim.connectionsOpen === 0);
  });
});
