/** Conformance: `bind()` and `address()`. */
import type { Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { type Bench, called, record, thrown, turns, until } from './bench.ts';

const ALREADY_BOUND = { name: 'Error', code: 'ERR_SOCKET_ALREADY_BOUND', message: 'Socket is already bound' };

const ANY = '0.0.0.0';
const HERE = '127.0.0.1';

/** The way it is called, and the address it then shows. */
const OVERLOADS: readonly [
  name: string,
  bind: (socket: Socket, callback: () => void) => Socket,
  address: string,
][] = [
  ['bind()', socket => socket.bind(), ANY],
  ['bind(callback)', (socket, callback) => socket.bind(callback), ANY],
  ['bind(port)', socket => socket.bind(0), ANY],
  ['bind(port, callback)', (socket, callback) => socket.bind(0, callback), ANY],
  ['bind(port, address)', socket => socket.bind(0, HERE), HERE],
  ['bind(port, address, callback)', (socket, callback) => socket.bind(0, HERE, callback), HERE],
  ['bind(port, "", callback)', (socket, callback) => socket.bind(0, '', callback), ANY],
  ['bind({ port })', socket => socket.bind({ port: 0 }), ANY],
  ['bind({ address })', socket => socket.bind({ address: HERE }), HERE],
  [
    'bind({ port, address, exclusive })',
    socket => socket.bind({ port: 0, address: HERE, exclusive: true }),
    HERE,
  ],
  ['bind({}, callback)', (socket, callback) => socket.bind({}, callback), ANY],
  ['bind(null)', socket => socket.bind(null as never), ANY],
  ['bind("0")', socket => socket.bind('0' as never), ANY],
  ['bind("x")', socket => socket.bind('x' as never), ANY],
  ['a name', socket => socket.bind(0, 'localhost'), HERE],
];

export function binding(bench: Bench): void {
  describe('bind', () => {
    test.each(OVERLOADS)('%s', async (_name, bind, address) => {
      const socket = bench.socket();
      const log: string[] = [];
      socket.on('listening', () => log.push('listening'));
      expect(bind(socket, () => log.push('callback'))).toBe(socket);
      expect(log).toEqual([]);
      await until(socket, 'listening');
      expect(log[0]).toBe('listening');
      expect(socket.address()).toEqual({ address, family: 'IPv4', port: expect.any(Number) });
      expect(socket.address().port).toBeGreaterThan(0);
    });

    test('the callback is called once, on the socket, after earlier listeners', async () => {
      const socket = bench.socket();
      const log = record(socket);
      const self = await new Promise(resolve => {
        socket.bind(0, HERE, function callback(this: unknown) {
          log.push('callback');
          resolve(this);
        } as () => void);
      });
      expect(self).toBe(socket);
      expect(log).toEqual(['listening', 'callback']);
      socket.emit('listening');
      expect(log).toEqual(['listening', 'callback', 'listening']);
    });

    test('the callback leaves no listener behind', async () => {
      const socket = bench.socket();
      await called(callback => socket.bind(0, HERE, callback));
      expect([socket.listenerCount('listening'), socket.listenerCount('error')]).toEqual([0, 0]);
    });

    test.each([
      ['udp4', undefined, ANY, 'IPv4'],
      ['udp6', undefined, '::', 'IPv6'],
      ['udp6', '::1', '::1', 'IPv6'],
      ['udp6', '0:0:0:0:0:0:0:1', '::1', 'IPv6'],
    ] as const)('%s at %s shows %s', async (type, asked, address, family) => {
      const socket = bench.socket(type);
      socket.bind(0, asked);
      await until(socket, 'listening');
      expect(socket.address()).toEqual({ address, family, port: expect.any(Number) });
    });

    test('twice: while it binds, and when it is bound', async () => {
      const socket = bench.socket();
      socket.bind(0, HERE);
      expect(thrown(() => socket.bind())).toEqual(ALREADY_BOUND);
      await until(socket, 'listening');
      expect(thrown(() => socket.bind(0))).toEqual(ALREADY_BOUND);
    });

    test('address() of a socket that is not bound yet', () => {
      const socket = bench.socket();
      const EBADF = { name: 'Error', code: 'EBADF', message: 'getsockname EBADF' };
      expect(thrown(() => socket.address())).toEqual(EBADF);
      socket.bind(0, HERE);
      expect(thrown(() => socket.address())).toEqual(EBADF);
    });

    test('a port number that is taken: EADDRINUSE, again and again, and another works', async () => {
      const { port } = (await bench.bound()).address();
      const socket = bench.socket();
      for (let attempt = 0; attempt < 12; attempt++) {
        const never = () => expect.unreachable();
        socket.bind(port, HERE, never);
        const [error] = await until(socket, 'error');
        expect(error).toMatchObject({
          name: 'Error',
          message: `bind EADDRINUSE ${HERE}:${port}`,
          code: 'EADDRINUSE',
          syscall: 'bind',
          address: HERE,
          port,
        });
        expect((error as NodeJS.ErrnoException).errno).toBeLessThan(0);
        expect(Object.keys(error as object)).toEqual(['errno', 'code', 'syscall', 'address', 'port']);
      }
      expect([socket.listenerCount('listening'), socket.listenerCount('error')]).toEqual([0, 0]);
      await called(callback => socket.bind(0, HERE, callback));
      expect(socket.address().port).not.toBe(port);
    });

    test.each([
      ['an address of somebody else', 'udp4', '203.0.113.9', 'EADDRNOTAVAIL'],
      ['an IPv6 address of somebody else', 'udp6', '2001:db8::9', 'EADDRNOTAVAIL'],
      ['an IPv6 address on udp4', 'udp4', '::1', 'EINVAL'],
      ['an IPv4 address on udp6', 'udp6', '127.0.0.1', 'EINVAL'],
    ] as const)('%s', async (_name, type, address, code) => {
      const socket = bench.socket(type);
      socket.bind(0, address);
      const [error] = await until(socket, 'error');
      expect(error).toMatchObject({ code, syscall: 'bind', address, message: `bind ${code} ${address}` });
      expect(error).not.toHaveProperty('port');
    });

    test('a name that does not exist', async () => {
      const socket = bench.socket();
      socket.bind(0, 'nowhere.invalid');
      const [error] = await until(socket, 'error');
      expect(error).toMatchObject({
        code: 'ENOTFOUND',
        syscall: 'getaddrinfo',
        hostname: 'nowhere.invalid',
        message: 'getaddrinfo ENOTFOUND nowhere.invalid',
      });
      socket.bind(0, HERE);
      await until(socket, 'listening');
    });

    test('an address that is no string', () => {
      const socket = bench.socket();
      expect(thrown(() => socket.bind(0, 5 as never))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
      });
    });

    test('a file descriptor that is no UDP socket', () => {
      const socket = bench.socket();
      expect(thrown(() => socket.bind({ fd: 1 }))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_FD_TYPE',
        message: expect.stringContaining('Unsupported fd type: '),
      });
    });

    bench.deviation('descriptors')('what is internal to Node is not there', () => {
      const socket = bench.socket();
      expect(['_handle', '_healthCheck', '_stopReceiving'].filter(name => name in socket)).toEqual([]);
    });

    bench.deviation('port-reuse')('a port number belongs to one socket, with reuseAddr too', async () => {
      const { port } = (await bench.bound({ type: 'udp4', reuseAddr: true })).address();
      const socket = bench.socket({ type: 'udp4', reuseAddr: true });
      const error = called<[Error]>(callback => socket.once('error', callback));
      socket.bind(port, HERE);
      expect(await error).toMatchObject([{ code: 'EADDRINUSE', syscall: 'bind' }]);
    });

    test('lookup is asked for the address to bind to', async () => {
      const asked: unknown[] = [];
      const socket = bench.socket({
        type: 'udp4',
        lookup: (name, family, callback) => {
          asked.push([name, family]);
          lookup(name, family, callback as never);
        },
      });
      socket.bind(0);
      await until(socket, 'listening');
      expect(asked).toEqual([[ANY, 4]]);
    });

    test('a lookup that fails: its own error, and bind may be tried again', async () => {
      const failure = new Error('no');
      const socket = bench.socket({
        type: 'udp4',
        lookup: (_name, _family, callback) => process.nextTick(callback, failure, '', 4),
      });
      for (let attempt = 0; attempt < 3; attempt++) {
        socket.bind(0);
        expect(await until(socket, 'error')).toEqual([failure]);
      }
    });

    test('a lookup that answers after close()', async () => {
      let answer = (): void => {};
      const socket = bench.socket({
        type: 'udp4',
        lookup: (_name, _family, callback) => {
          answer = () => callback(null, HERE, 4);
        },
      });
      const log = record(socket);
      socket.bind(0);
      socket.close();
      await until(socket, 'close');
      answer();
      await turns();
      expect(log).toEqual(['close']);
    });
  });
}
