/** Conformance: in which async context events come, who is told by diagnostics channels, what becomes of rejections. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import nodeNet from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, until } from './bench.ts';
import { closed, HERE, type NetBench, record } from './net-bench.ts';

/** What the channels say of sockets and servers of `net` while `work` is done, as `channel: members`. */
async function published(
  net: typeof nodeNet,
  names: readonly string[],
  work: () => Promise<unknown>,
): Promise<string[]> {
  const log: string[] = [];
  // A simulated modem has sockets of Node behind it.
  const listener = (message: unknown, name: string | symbol): void => {
    const { socket, server } = message as { socket?: unknown; server?: unknown };
    if (socket instanceof net.Socket || server instanceof net.Server)
      log.push(`${String(name)}: ${Object.keys(message as object)}`);
  };
  for (const name of names) subscribe(name, listener);
  await work();
  for (const name of names) unsubscribe(name, listener);
  return log;
}

const LISTEN = ['asyncStart', 'asyncEnd', 'error'].map(event => `tracing:net.server.listen:${event}`);

export function context(bench: NetBench): void {
  describe('async context', () => {
    test('events come in the context of connect(), callbacks of write() in that of write()', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { port } = await bench.farServer(far => far.on('data', () => far.end('x')));
      const seen: Record<string, string | undefined> = {};
      const socket = storage.run('connect', () => bench.keep(bench.net.connect(port, HERE)));
      for (const event of ['connect', 'data', 'end', 'close'])
        socket.once(event, () => {
          seen[event] = storage.getStore();
        });
      await until(socket, 'connect');
      await storage.run('write', () =>
        called<[unknown?]>(callback =>
          socket.write('x', () => {
            seen.write = storage.getStore();
            callback();
          }),
        ),
      );
      await closed(socket);
      expect(seen).toEqual({
        connect: 'connect',
        write: 'write',
        data: 'connect',
        end: 'connect',
        close: 'connect',
      });
    });

    test('connections come in the context of listen()', async () => {
      const storage = new AsyncLocalStorage<string>();
      const server = bench.server();
      storage.run('listen', () => server.listen(0, HERE));
      await until(server, 'listening');
      const seen = new Promise(resolve => server.once('connection', () => resolve(storage.getStore())));
      const { port } = server.address() as nodeNet.AddressInfo;
      bench.keep(nodeNet.connect(port, HERE));
      expect(await seen).toBe('listen');
    });

    test('listening, close and the callbacks of a server: where they were asked for', async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: Record<string, string | undefined> = {};
      const see = (event: string) => (): void => {
        seen[event] = storage.getStore();
      };
      const server = bench.server().on('listening', see('listening')).on('close', see('close'));
      await called(callback => storage.run('listen', () => server.listen(0, HERE, callback)));
      await called(callback =>
        storage.run('count', () =>
          server.getConnections(() => {
            see('count')();
            callback();
          }),
        ),
      );
      await called(callback => storage.run('end', () => server.close(callback)));
      expect(seen).toEqual({ listening: 'listen', count: 'count', close: 'end' });
    });

    test('a connection that is refused: the context of connect()', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { server, port } = await bench.farServer();
      server.close();
      await until(server, 'close');
      const socket = storage.run('connect', () => bench.keep(bench.net.connect(port, HERE)));
      const seen: unknown[] = [];
      for (const event of ['error', 'close']) socket.on(event, () => seen.push(storage.getStore()));
      await closed(socket);
      expect(seen).toEqual(['connect', 'connect']);
    });
  });

  describe('diagnostics channels', () => {
    test('net.client.socket and net.server.socket', async () => {
      const seen = new Set<unknown>();
      const listener = (message: unknown): unknown => seen.add((message as { socket: unknown }).socket);
      const channels = ['net.client.socket', 'net.server.socket'];
      for (const name of channels) subscribe(name, listener);
      const { server, port } = await bench.listening();
      const accepted = until(server, 'connection');
      const socket = bench.keep(bench.net.connect(port, HERE));
      const [[other]] = await Promise.all([accepted, until(socket, 'connect')]);
      for (const name of channels) unsubscribe(name, listener);
      expect([seen.has(socket), seen.has(other)]).toEqual([true, true]);
    });

    test.each([
      ['connect()', (net: typeof nodeNet, port: number) => net.connect(port, HERE)],
      ['the method connect()', (net: typeof nodeNet, port: number) => new net.Socket().connect(port, HERE)],
    ])('net.client.socket, by %s: what this version of Node makes of it', async (_what, connect) => {
      const { port } = await bench.farServer();
      const told = (net: typeof nodeNet): Promise<string[]> =>
        published(net, ['net.client.socket'], () => until(bench.keep(connect(net, port)), 'connect'));
      expect(await told(bench.net)).toEqual(await told(nodeNet));
    });

    test('net.server.listen', async () => {
      const { server, port } = await bench.listening();
      expect(
        await published(bench.net, LISTEN, async () => {
          await called(callback => bench.server().listen(0, HERE, callback));
          await called(callback => bench.server().once('error', callback).listen(port, HERE));
        }),
      ).toEqual([
        'tracing:net.server.listen:asyncStart: server,options',
        'tracing:net.server.listen:asyncEnd: server',
        'tracing:net.server.listen:asyncStart: server,options',
        'tracing:net.server.listen:error: server,error',
      ]);
      expect(server.listening).toBe(true);
    });
  });

  describe('rejections of listeners, where they are captured', () => {
    test('of a socket: it is destroyed with them', async () => {
      const { port } = await bench.farServer();
      const options = { captureRejections: true } as nodeNet.SocketConstructorOpts;
      const socket = bench.keep(new bench.net.Socket(options));
      socket.on('connect', async () => {
        throw new Error('from the listener');
      });
      socket.connect(port, HERE);
      const [error] = await called<[Error]>(callback => socket.once('error', callback));
      expect(error.message).toBe('from the listener');
      await closed(socket);
    });

    test('of a server: the connection is destroyed', async () => {
      EventEmitter.captureRejections = true;
      const { port } = await bench.listening({}, async socket => {
        socket.on('error', () => {});
        throw new Error('from the listener');
      });
      EventEmitter.captureRejections = false;
      const far = nodeNet.connect(port, HERE).resume();
      bench.keep(far);
      await closed(far);
      expect(far.readableEnded).toBe(true);
    });
  });

  test('Symbol.asyncDispose of a socket destroys it', async () => {
    const { socket } = await bench.pair();
    const log = record(socket);
    const over = closed(socket);
    await socket[Symbol.asyncDispose]();
    expect(socket.destroyed).toBe(true);
    await over;
    expect(log).toEqual(['error ABORT_ERR', 'close true']);
  });
}
