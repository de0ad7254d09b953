/** Conformance: `net.createServer()`, and `listen()` in all its forms. */
import nodeNet, { type AddressInfo, type Server } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, thrown, turns, until } from './bench.ts';
import { HERE, type NetBench, record } from './net-bench.ts';

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const FORMS: readonly [form: string, (server: Server, port: number, done: () => void) => Server][] = [
  ['listen(port, callback)', (server, port, done) => server.listen(port, done)],
  ['listen(port, host, callback)', (server, port, done) => server.listen(port, HERE, done)],
  ['listen(port, host, backlog, callback)', (server, port, done) => server.listen(port, HERE, 5, done)],
  ['listen(port, backlog, callback)', (server, port, done) => server.listen(port, 5, done)],
  ['listen(port as text, callback)', (server, port, done) => server.listen(`${port}` as never, done)],
  ['listen({ port }, callback)', (server, port, done) => server.listen({ port }, done)],
  ['listen({ port, host }, callback)', (server, port, done) => server.listen({ port, host: HERE }, done)],
  [
    'listen({ port, host, backlog, exclusive }, callback)',
    (server, port, done) => server.listen({ port, host: HERE, backlog: 5, exclusive: true }, done),
  ],
  ["listen(port, 'localhost', callback)", (server, port, done) => server.listen(port, 'localhost', done)],
];

const ANY_PORT: readonly [form: string, (server: Server, done: () => void) => Server][] = [
  ['listen(callback)', (server, done) => server.listen(done)],
  ['listen(0, callback)', (server, done) => server.listen(0, done)],
  ['listen(undefined, callback)', (server, done) => server.listen(undefined, done)],
  ['listen(null, callback)', (server, done) => server.listen(null as never, done)],
  ['listen({ port: null }, callback)', (server, done) => server.listen({ port: null } as never, done)],
  [
    'listen({ port: undefined }, callback)',
    (server, done) => server.listen({ port: undefined } as never, done),
  ],
];

const REFUSED: readonly [what: string, given: readonly unknown[], code: string][] = [
  ['a port of 70000', [70_000], 'ERR_SOCKET_BAD_PORT'],
  ['a negative port', [-1], 'ERR_SOCKET_BAD_PORT'],
  ['half a port', [{ port: 1.5 }], 'ERR_SOCKET_BAD_PORT'],
  ['an empty port', [''], 'ERR_SOCKET_BAD_PORT'],
  ['options without port and path', [{}], 'ERR_INVALID_ARG_VALUE'],
  ['a port of false', [{ port: false }], 'ERR_INVALID_ARG_VALUE'],
  ['a path of true', [{ path: true }], 'ERR_INVALID_ARG_VALUE'],
  ['a signal that is none', [{ port: 0, signal: 'x' }], 'ERR_INVALID_ARG_TYPE'],
];

export function listening(bench: NetBench): void {
  describe('createServer', () => {
    test('is a Server, with and without new', () => {
      const { net } = bench;
      const made = [net.createServer(), new net.Server(), Reflect.apply(net.Server as never, undefined, [])];
      for (const server of made) {
        expect(server).toBeInstanceOf(net.Server);
        expect(server).toBeInstanceOf(nodeNet.Server);
      }
    });

    test('options', () => {
      const server = bench.net.createServer({
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
      });
      expect(server).toMatchObject({
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
      });
      expect(server.listening).toBe(false);
      expect(server.address()).toBeNull();
    });

    test.each([[1], ['x'], [true]])('options that are %j: ERR_INVALID_ARG_TYPE', value => {
      expect(thrown(() => bench.net.createServer(value as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    });
  });

  describe('listen', () => {
    test.each(FORMS)('%s', async (_form, listen) => {
      const server = bench.server();
      const port = await bench.silentPort();
      await called<[]>(callback => expect(listen(server, port, callback)).toBe(server));
      expect(portOf(server)).toBe(port);
      expect(server.listening).toBe(true);
    });

    test.each(ANY_PORT)('%s', async (_form, listen) => {
      const server = bench.server();
      await called<[]>(callback => listen(server, callback));
      expect(portOf(server)).toBeGreaterThan(1_023);
    });

    test.each(REFUSED)('refused: %s', (_what, given, code) => {
      const server = bench.server();
      expect(thrown(() => Reflect.apply(server.listen, server, given)).code).toBe(code);
    });

    test('listening in a later turn', async () => {
      const server = bench.server();
      const log = record(server);
      server.listen(0, HERE);
      expect(log).toEqual([]);
      await until(server, 'listening');
      expect(log).toEqual(['listening']);
    });

    test('without a host: listening and address() at once', async () => {
      const server = bench.server().listen(0);
      expect(server.listening).toBe(true);
      expect((server.address() as AddressInfo).port).toBeGreaterThan(0);
      await until(server, 'listening');
      expect(portOf(server)).toBeGreaterThan(0);
    });

    // A number that is had at once may turn out to be taken: then it changes.
    bench.unless('listen-address')('without a host: the number stays', async () => {
      const server = bench.server().listen(0);
      const { port } = server.address() as AddressInfo;
      await until(server, 'listening');
      expect(portOf(server)).toBe(port);
    });

    test('who connects right after listen() gets in', async () => {
      const { net } = bench;
      for (let round = 0; round < 3; round++) {
        const server = bench.server().listen(0);
        const { port } = server.address() as AddressInfo;
        const socket = bench.keep(net.connect(port, HERE));
        await Promise.all([until(server, 'connection'), until(socket, 'connect')]);
      }
    });

    test('address()', async () => {
      const { server, port } = await bench.listening();
      expect(server.address()).toEqual({ address: HERE, family: 'IPv4', port });
    });

    bench.unless('listen-address')('without a host on both families', async () => {
      const server = bench.server().listen(0);
      await until(server, 'listening');
      expect(server.address()).toMatchObject({ address: '::', family: 'IPv6' });
    });

    test('twice: ERR_SERVER_ALREADY_LISTEN', async () => {
      const { server } = await bench.listening();
      expect(thrown(() => server.listen(0))).toEqual({
        name: 'Error',
        code: 'ERR_SERVER_ALREADY_LISTEN',
        message: 'Listen method has been called more than once without closing.',
      });
    });

    test('again after close()', async () => {
      const { server, port } = await bench.listening();
      await called<[Error?]>(callback => server.close(callback));
      await called<[]>(callback => server.listen(port, HERE, callback));
      expect(portOf(server)).toBe(port);
    });

    test('again right after close()', async () => {
      const { server, port } = await bench.listening();
      server.close();
      await called<[]>(callback => server.listen(port, HERE, callback));
      expect(portOf(server)).toBe(port);
    });

    test('on a port that is taken: EADDRINUSE', async () => {
      const { port } = await bench.listening();
      const server = bench.server();
      const log = record(server);
      server.listen(port, HERE);
      const [error] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
      expect({ ...error }).toEqual({
        code: 'EADDRINUSE',
        errno: -98,
        syscall: 'listen',
        address: HERE,
        port,
      });
      expect(error.message).toBe(`listen EADDRINUSE: address already in use ${HERE}:${port}`);
      expect([server.listening, server.address()]).toEqual([false, null]);
      await turns();
      expect(log).toEqual(['error EADDRINUSE']);
    });

    test('on another port after that', async () => {
      const { port } = await bench.listening();
      const server = bench.server();
      server.listen(port, HERE);
      await called(callback => server.once('error', callback));
      await called<[]>(callback => server.listen(0, HERE, callback));
      expect(portOf(server)).not.toBe(port);
    });

    test('on an address of somebody else: EADDRNOTAVAIL', async () => {
      const server = bench.server();
      server.listen(0, '192.0.2.1');
      const [error] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
      expect(error).toMatchObject({
        code: 'EADDRNOTAVAIL',
        syscall: 'listen',
        address: '192.0.2.1',
        message: 'listen EADDRNOTAVAIL: address not available 192.0.2.1',
      });
    });

    test('on a name that does not exist', async () => {
      const server = bench.server();
      server.listen(0, '*'.repeat(64));
      const [error] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
      expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    });

    test('close() while the name is looked up: no listening', async () => {
      const server = bench.server();
      const log = record(server);
      server.listen(0, 'localhost');
      server.close();
      await until(server, 'close');
      await turns();
      expect(log).toEqual(['close']);
    });

    test('close() at once: no listening', async () => {
      const server = bench.server();
      const log = record(server);
      server.listen(0);
      server.close();
      await until(server, 'close');
      await turns();
      expect(log).toEqual(['close']);
    });

    test('an AbortSignal closes it', async () => {
      const server = bench.server();
      const controller = new AbortController();
      server.listen({ port: 0, host: HERE, signal: controller.signal });
      await until(server, 'listening');
      controller.abort();
      await until(server, 'close');
      expect(server.listening).toBe(false);
    });

    test('an AbortSignal that was there before', async () => {
      const server = bench.server();
      server.listen({ port: 0, signal: AbortSignal.abort() });
      await until(server, 'close');
      expect(server.listening).toBe(false);
    });

    bench.unless('tcp-descriptors')('on the handle of another server', async () => {
      const { server, port } = await bench.listening();
      const other = bench.server().listen(server);
      await until(other, 'listening');
      expect(portOf(other)).toBe(port);
    });

    bench.deviation('tcp-descriptors')(
      'on the handle of another server: EINVAL, and none has one',
      async () => {
        const { server } = await bench.listening();
        const other = bench.server().listen(server);
        const [error] = await called<[Error]>(callback => other.once('error', callback));
        expect(error).toMatchObject({ code: 'EINVAL', syscall: 'listen' });
        const { socket } = await bench.pair();
        expect(Reflect.get(socket, '_handle')).toBe(null);
      },
    );

    test('on a descriptor that is no socket: an error', async () => {
      const server = bench.server();
      server.listen({ fd: 0 });
      const [error] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
      expect(error.code).toMatch(/^(EINVAL|ENOTSOCK)$/);
      expect(error.syscall).toBe('listen');
    });
  });
}
