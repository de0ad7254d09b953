/** Conformance: what a socket says of itself, its timeout and options, and what else the module has. */
import nodeNet, { type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { thrown, turns, until } from './bench.ts';
import { closed, HERE, type NetBench, record } from './net-bench.ts';

const ADDRESS_MEMBERS = [
  'localAddress',
  'localPort',
  'localFamily',
  'remoteAddress',
  'remotePort',
  'remoteFamily',
] as const;

const addresses = (socket: Socket): unknown[] => ADDRESS_MEMBERS.map(name => socket[name]);

export function members(bench: NetBench): void {
  describe('the module', () => {
    test('has what Node has', () => {
      expect(Object.keys(bench.net).toSorted()).toEqual(Object.keys(nodeNet).toSorted());
    });

    test('is plain and mutable', () => {
      const { net } = bench;
      const { isIP } = net;
      const replacement = () => 4;
      net.isIP = replacement;
      expect(net.isIP('x')).toBe(4);
      net.isIP = isIP;
    });

    test('isIP, isIPv4, isIPv6, BlockList, SocketAddress', () => {
      const { net } = bench;
      expect([net.isIP('::1'), net.isIP(HERE), net.isIP('x')]).toEqual([6, 4, 0]);
      expect([net.isIPv4(HERE), net.isIPv6('::1')]).toEqual([true, true]);
      const list = new net.BlockList();
      list.addAddress(HERE);
      expect(list.check(HERE)).toBe(true);
      expect(new net.SocketAddress({ address: '::1', family: 'ipv6' }).address).toBe('::1');
    });

    test('names of the classes', () => {
      expect([bench.net.Socket.name, bench.net.Server.name]).toEqual(['Socket', 'Server']);
      expect(Object.getPrototypeOf(new bench.net.Socket()).constructor).toBe(bench.net.Socket);
    });

    test('a class of the program may extend them', async () => {
      class Mine extends bench.net.Socket {
        greeting = 'hello';
      }
      const { server, port } = await bench.farServer();
      const accepted = until(server, 'connection');
      const socket = bench.keep(new Mine()).connect(port, HERE) as Mine;
      const [far] = (await accepted) as [Socket];
      socket.end(socket.greeting);
      expect(String((await until(far, 'data'))[0])).toMatch(/^h/);
    });
  });

  describe('what a socket says of itself', () => {
    test('new', () => {
      const socket = new bench.net.Socket();
      expect([socket.connecting, socket.pending, socket.destroyed, socket.readyState]).toEqual([
        false,
        true,
        false,
        'open',
      ]);
      expect(addresses(socket)).toEqual(ADDRESS_MEMBERS.map(() => undefined));
      expect(socket.address()).toEqual({});
      expect([socket.allowHalfOpen, socket.timeout]).toEqual([false, undefined]);
    });

    test('connecting', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      expect([socket.connecting, socket.pending, socket.readyState]).toEqual([true, true, 'opening']);
      expect([socket.remoteAddress, socket.remotePort]).toEqual([undefined, undefined]);
    });

    test('connected', async () => {
      const { socket, far, port } = await bench.pair();
      expect([socket.connecting, socket.pending, socket.readyState]).toEqual([false, false, 'open']);
      const { localAddress } = bench.target;
      expect(addresses(socket)).toEqual([localAddress, far.remotePort, 'IPv4', HERE, port, 'IPv4']);
      expect(socket.address()).toEqual({ address: localAddress, family: 'IPv4', port: far.remotePort });
    });

    test('closed: the local end is forgotten, the remote one only if nobody asked', async () => {
      const [{ socket: asked, port }, { socket: other }] = [await bench.pair(), await bench.pair()];
      expect(asked.remotePort).toBe(port);
      for (const socket of [asked, other]) {
        socket.destroy();
        await closed(socket);
        expect([socket.connecting, socket.pending, socket.readyState]).toEqual([false, true, 'closed']);
        expect([socket.localAddress, socket.localPort, socket.localFamily]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      }
      expect([asked.remotePort, other.remotePort]).toEqual([port, undefined]);
    });

    test('readOnly after end()', async () => {
      const { socket } = await bench.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
      socket.end();
      expect(socket.readyState).toBe('readOnly');
    });
  });

  describe('setTimeout', () => {
    test('timeout, and nothing is closed', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      expect(socket.setTimeout(5)).toBe(socket);
      expect(socket.timeout).toBe(5);
      await until(socket, 'timeout');
      await turns();
      expect(log).toEqual(['timeout']);
      expect(socket.readyState).toBe('open');
    });

    test('the callback is a listener, once', async () => {
      const { socket } = await bench.pair();
      const listener = (): void => {};
      socket.setTimeout(5, listener);
      expect(socket.listenerCount('timeout')).toBe(1);
      await until(socket, 'timeout');
      expect(socket.listenerCount('timeout')).toBe(0);
      socket.setTimeout(10_000, listener);
      socket.setTimeout(0, listener);
      expect(socket.listenerCount('timeout')).toBe(0);
    });

    test('while connecting, by the option', async () => {
      const { port } = await bench.farServer();
      const lookup = (): void => {};
      const socket = bench.keep(bench.net.connect({ port, host: 'x', lookup, timeout: 5 }));
      expect(socket.timeout).toBe(5);
      await until(socket, 'timeout');
      expect(socket.connecting).toBe(true);
    });

    test('not after destroy()', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      socket.setTimeout(1);
      socket.destroy();
      await closed(socket);
      await new Promise(resolve => setTimeout(resolve, 5));
      expect(log).toEqual(['close false']);
    });

    test.each([
      ['x', 'ERR_INVALID_ARG_TYPE'],
      [-1, 'ERR_OUT_OF_RANGE'],
      [Number.NaN, 'ERR_OUT_OF_RANGE'],
      [Number.POSITIVE_INFINITY, 'ERR_OUT_OF_RANGE'],
    ])('setTimeout(%s) throws', (value, code) => {
      const socket = new bench.net.Socket();
      expect(thrown(() => socket.setTimeout(value as number)).code).toBe(code);
    });

    test('a callback that is no function throws', () => {
      const socket = new bench.net.Socket();
      expect(thrown(() => socket.setTimeout(1, 'x' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
      socket.setTimeout(0);
    });
  });

  describe('options of the connection', () => {
    test('setNoDelay() and setKeepAlive() return the socket, at any time', async () => {
      const { socket } = await bench.pair({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 1_000 });
      const other = new bench.net.Socket();
      for (const each of [socket, other]) {
        expect([each.setNoDelay(), each.setNoDelay(false)]).toEqual([each, each]);
        expect([each.setKeepAlive(true, 1_000), each.setKeepAlive()]).toEqual([each, each]);
      }
      socket.destroy();
      expect([socket.setNoDelay(), socket.setKeepAlive()]).toEqual([socket, socket]);
    });

    test('ref() and unref() return the socket, at any time', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(new bench.net.Socket());
      expect([socket.unref(), socket.ref()]).toEqual([socket, socket]);
      socket.connect(port, HERE);
      expect([socket.unref(), socket.ref()]).toEqual([socket, socket]);
      await until(socket, 'connect');
      expect([socket.unref(), socket.ref()]).toEqual([socket, socket]);
      socket.destroy();
      expect([socket.unref(), socket.ref()]).toEqual([socket, socket]);
    });

    test('high water marks', () => {
      const socket = new bench.net.Socket({ highWaterMark: 1_000 } as nodeNet.SocketConstructorOpts);
      expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([1_000, 1_000]);
    });
  });
}
