/** Conformance: what is built on sockets, with no change to its code: http, https, TLS, several at once. */
import http from 'node:http';
import https from 'node:https';
import nodeNet, { type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import tls, { type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { called, until } from './bench.ts';
import { closed, HERE, type NetBench } from './net-bench.ts';
import { createCertificate } from './net-certificate.ts';

const certificate = createCertificate();

/** Without `host`, so that agents take what the test gives them. */
interface Request extends http.RequestOptions {
  readonly body?: string;
}

async function fetched(options: Request, get: typeof http.request = http.request): Promise<string> {
  const { body, ...rest } = options;
  const request = get(rest);
  const answered = until(request, 'response');
  request.end(body);
  const [response] = (await answered) as [http.IncomingMessage];
  return text(response);
}

export function users(bench: NetBench): void {
  /** A plain HTTP server of Node: answers with what it was told, and how often this connection was used. */
  async function httpServer(options: https.ServerOptions = {}): Promise<number> {
    const uses = new WeakMap<Socket, number>();
    const serve: http.RequestListener = async (request, response) => {
      const use = (uses.get(request.socket) ?? 0) + 1;
      uses.set(request.socket, use);
      response.end(`${request.method} ${request.url} ${await text(request)} ${use}`);
    };
    const server = options.key ? https.createServer(options, serve) : http.createServer(serve);
    server.listen(0, HERE);
    await until(server, 'listening');
    bench.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  function agentOf<T extends http.Agent>(agent: T): T {
    bench.after(() => agent.destroy());
    return agent;
  }

  describe('http', () => {
    test('a client, by createConnection', async () => {
      const port = await httpServer();
      const createConnection: http.RequestOptions['createConnection'] = options =>
        bench.net.connect(options as nodeNet.TcpNetConnectOpts);
      for (const body of ['', 'hello'])
        expect(await fetched({ port, host: HERE, method: 'POST', path: '/a', createConnection, body })).toBe(
          `POST /a ${body} 1`,
        );
    });

    test('an agent with keep-alive: 100 requests over one connection', async () => {
      const port = await httpServer();
      const agent = agentOf(new http.Agent({ keepAlive: true, maxSockets: 1 }));
      Object.assign(agent, { createConnection: bench.net.createConnection });
      for (let use = 1; use <= 100; use++)
        expect(await fetched({ port, host: HERE, path: `/${use}`, agent })).toBe(`GET /${use}  ${use}`);
    });

    test('an agent with four connections at once', async () => {
      const port = await httpServer();
      const agent = agentOf(new http.Agent({ keepAlive: true, maxSockets: 4 }));
      Object.assign(agent, { createConnection: bench.net.createConnection });
      const answers = Array.from({ length: 20 }, (_, index) =>
        fetched({ port, host: HERE, path: `/${index}`, agent }),
      );
      const paths = (await Promise.all(answers)).map(answer => answer.split(' ')[1]);
      expect(paths).toEqual(answers.map((_, index) => `/${index}`));
    });

    test('nobody there: the request hears ECONNREFUSED', async () => {
      const port = await bench.silentPort();
      const createConnection: http.RequestOptions['createConnection'] = options =>
        bench.net.connect(options as nodeNet.TcpNetConnectOpts);
      const request = http.get({ port, host: HERE, createConnection });
      const [error] = await called<[NodeJS.ErrnoException]>(callback => request.once('error', callback));
      expect(error.code).toBe('ECONNREFUSED');
    });

    test('a timeout of the request', async () => {
      const { port } = await bench.farServer(far => far.resume());
      const createConnection: http.RequestOptions['createConnection'] = options =>
        bench.net.connect(options as nodeNet.TcpNetConnectOpts);
      const request = http.get({ port, host: HERE, createConnection, timeout: 10 });
      request.on('error', () => {});
      await called<[]>(callback => request.once('timeout', callback));
      request.destroy();
      await called<[]>(callback => request.once('close', callback));
    });

    test('an upgrade', async () => {
      const { port } = await bench.farServer(far => {
        far.once('data', () => {
          far.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
          far.pipe(far);
        });
      });
      const createConnection: http.RequestOptions['createConnection'] = options =>
        bench.net.connect(options as nodeNet.TcpNetConnectOpts);
      const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
      const request = http.get({ port, host: HERE, createConnection, headers });
      const [, socket] = (await until(request, 'upgrade')) as [unknown, Socket];
      bench.keep(socket).write('hello');
      expect(String((await until(socket, 'data'))[0])).toMatch(/^h/);
    });

    test('a server on accepted sockets', async () => {
      const server = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
      const { port } = await bench.listening({ allowHalfOpen: true }, socket =>
        server.emit('connection', socket),
      );
      const agent = agentOf(new http.Agent({ keepAlive: true, maxSockets: 1 }));
      for (let use = 1; use <= 10; use++)
        expect(await fetched({ port, host: HERE, path: `/${use}`, agent })).toBe(`you asked for /${use}`);
    });

    test('a server that answers one request per connection', async () => {
      const server = http.createServer((_request, response) => {
        response.setHeader('Connection', 'close');
        response.end('x'.repeat(100_000));
      });
      const { port } = await bench.listening({ allowHalfOpen: true }, socket =>
        server.emit('connection', socket),
      );
      for (let use = 1; use <= 3; use++)
        expect((await fetched({ port, host: HERE, agent: false })).length).toBe(100_000);
    });
  });

  describe.skipIf(certificate === undefined)('TLS (needs openssl)', () => {
    const { key, cert } = certificate ?? { key: '', cert: '' };

    async function tlsServer(serve: (socket: TLSSocket) => void): Promise<number> {
      const server = tls.createServer({ key, cert }, socket => {
        socket.on('error', () => {});
        bench.after(() => void socket.destroy());
        serve(socket);
      });
      server.on('tlsClientError', () => {});
      server.listen(0, HERE);
      await until(server, 'listening');
      bench.after(() => void server.close());
      return (server.address() as AddressInfo).port;
    }

    const secure = (socket: Socket, options: tls.ConnectionOptions = {}): TLSSocket =>
      bench.keep(tls.connect({ socket, servername: 'localhost', ca: cert, ...options }));

    test.each([
      ['still connecting', false],
      ['connected', true],
    ])('over a socket that is %s: an echo', async (_what, wait) => {
      const port = await tlsServer(socket => socket.pipe(socket));
      const socket = bench.keep(bench.net.connect(port, HERE));
      if (wait) await until(socket, 'connect');
      const secured = secure(socket);
      await until(secured, 'secureConnect');
      expect(secured.authorized).toBe(true);
      secured.end('hello');
      expect(await text(secured)).toBe('hello');
      await closed(socket);
    });

    test('much both ways, byte-exact', async () => {
      const port = await tlsServer(socket => socket.pipe(socket));
      const secured = secure(bench.keep(bench.net.connect(port, HERE)));
      const sent = '0123456789abcdefg'.repeat(10_000);
      secured.end(sent);
      expect((await text(secured)) === sent).toBe(true);
    });

    test('the server ends: everything, end, close, no error', async () => {
      const port = await tlsServer(socket => socket.end('hello'.repeat(1_000)));
      for (let round = 0; round < 5; round++) {
        const secured = secure(bench.keep(bench.net.connect(port, HERE)));
        const log: string[] = [];
        for (const event of ['error', 'end', 'close']) secured.on(event, () => log.push(event));
        const heard = text(secured);
        await called<[boolean]>(callback => secured.once('close', callback));
        expect((await heard).length).toBe(5_000);
        expect(log).toEqual(['end', 'close']);
      }
    });

    test('the server ends while nobody reads: nothing is lost', async () => {
      const port = await tlsServer(socket => socket.end('hello'.repeat(1_000)));
      const secured = secure(bench.keep(bench.net.connect(port, HERE)));
      await until(secured, 'secureConnect');
      await until(secured, 'readable');
      await new Promise(resolve => setTimeout(resolve, 20));
      expect((await text(secured)).length).toBe(5_000);
    });

    test('a certificate nobody vouches for', async () => {
      const port = await tlsServer(() => {});
      const secured = secure(bench.keep(bench.net.connect(port, HERE)), { ca: [] });
      const [error] = await called<[NodeJS.ErrnoException]>(callback => secured.once('error', callback));
      expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    });

    test('another name', async () => {
      const port = await tlsServer(() => {});
      const secured = secure(bench.keep(bench.net.connect(port, HERE)), { servername: 'example.org' });
      const [error] = await called<[NodeJS.ErrnoException]>(callback => secured.once('error', callback));
      expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    });

    test('the connection is reset in the handshake: an error', async () => {
      const { port } = await bench.farServer(far => far.once('data', () => far.resetAndDestroy()));
      const secured = secure(bench.keep(bench.net.connect(port, HERE)));
      const [error] = await called<[NodeJS.ErrnoException]>(callback => secured.once('error', callback));
      expect(error.code).toBe('ECONNRESET');
    });

    test('the peer goes away in the handshake: an error', async () => {
      const { port } = await bench.farServer(far => far.once('data', () => far.end()));
      const secured = secure(bench.keep(bench.net.connect(port, HERE)));
      const [error] = await called<[NodeJS.ErrnoException]>(callback => secured.once('error', callback));
      expect(error.code).toBe('ECONNRESET');
    });

    test('a server on accepted sockets', async () => {
      const { port } = await bench.listening({}, socket => {
        const secured = new tls.TLSSocket(socket, { isServer: true, key, cert });
        secured.on('error', () => {});
        secured.pipe(secured);
      });
      const secured = secure(bench.keep(nodeNet.connect(port, HERE)));
      secured.write('hello');
      expect(String((await until(secured, 'data'))[0])).toBe('hello');
    });

    test('https with keep-alive: 20 requests over one connection', async () => {
      const port = await httpServer({ key, cert });
      const agent = agentOf(new https.Agent({ keepAlive: true, maxSockets: 1 }));
      Object.assign(agent, {
        createConnection: (options: nodeNet.TcpNetConnectOpts) =>
          tls.connect({ ca: cert, servername: 'localhost', socket: bench.net.connect(options) }),
      });
      for (let use = 1; use <= 20; use++)
        expect(await fetched({ port, host: HERE, path: `/${use}`, agent }, https.request)).toBe(
          `GET /${use}  ${use}`,
        );
    });
  });
}
