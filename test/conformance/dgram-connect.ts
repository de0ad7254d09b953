/** Conformance: sockets with a peer: `connect()`, `disconnect()`, `remoteAddress()`. */
import type { Socket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { type Bench, called, record, thrown, turns, until } from './bench.ts';

type Callback = (error: Error | null, bytes: number) => void;
type Untyped = (...given: unknown[]) => void;

const HERE = '127.0.0.1';
const CONNECTED = { name: 'Error', code: 'ERR_SOCKET_DGRAM_IS_CONNECTED', message: 'Already connected' };
const NOT_CONNECTED = { name: 'Error', code: 'ERR_SOCKET_DGRAM_NOT_CONNECTED', message: 'Not connected' };

const OVERLOADS: readonly [name: string, send: (socket: Socket, callback: Callback) => void][] = [
  ['(message)', socket => socket.send('hello')],
  ['(message, callback)', (socket, callback) => socket.send('hello', callback)],
  ['(array, callback)', (socket, callback) => socket.send(['hel', Buffer.from('lo')], callback)],
  ['(message, offset, length)', socket => socket.send('>>hello<<', 2, 5)],
  ['(message, offset, length, callback)', (socket, callback) => socket.send('>>hello<<', 2, 5, callback)],
];

const badPort = (what: string) => ({
  name: 'RangeError',
  code: 'ERR_SOCKET_BAD_PORT',
  message: `Port should be > 0 and < 65536. Received ${what}.`,
});
const badAddress = (what: string) => ({
  name: 'TypeError',
  code: 'ERR_INVALID_ARG_TYPE',
  message: `The "address" argument must be of type string. Received ${what}`,
});

const REFUSED: readonly [name: string, given: unknown[], error: object][] = [
  ['no port', [], badPort('undefined')],
  ['port 0', [0], badPort('type number (0)')],
  ['port 65536', [65536], badPort('type number (65536)')],
  ['port "x"', ['x'], badPort("type string ('x')")],
  ['address 5', [1, 5], badAddress('type number (5)')],
  ['address null', [1, null], badAddress('null')],
];

export function connecting(bench: Bench): void {
  describe('connect', () => {
    test('event in a later turn, then the callback; nothing is returned', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const log = record(socket);
      await called(callback => {
        const connect = socket.connect as Untyped;
        expect(
          Reflect.apply(connect, socket, [
            peer.port,
            HERE,
            () => {
              log.push('callback');
              callback();
            },
          ]),
        ).toBeUndefined();
        log.push('returned');
      });
      expect(log).toEqual(['returned', 'connect', 'callback']);
      expect(socket.remoteAddress()).toEqual({ address: HERE, family: 'IPv4', port: peer.port });
    });

    test('binds by itself: listening comes first', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const log = record(socket);
      socket.connect(peer.port, HERE);
      expect(log).toEqual([]);
      await until(socket, 'connect');
      expect(log).toEqual(['listening', 'connect']);
      expect(socket.address().port).toBeGreaterThan(0);
    });

    test.each([
      ['(port)', (socket: Socket, port: number) => socket.connect(port)],
      ['(port, callback)', (socket: Socket, port: number) => socket.connect(port, () => {})],
      ['(port, address)', (socket: Socket, port: number) => socket.connect(port, HERE)],
      ['(port, "", callback)', (socket: Socket, port: number) => socket.connect(port, '', () => {})],
      ['(port, name)', (socket: Socket, port: number) => socket.connect(port, 'localhost')],
      ['("port", address)', (socket: Socket, port: number) => socket.connect(`${port}` as never, HERE)],
    ])('%s', async (_name, connect) => {
      const peer = await bench.peer();
      const socket = bench.socket();
      connect(socket, peer.port);
      await until(socket, 'connect');
      expect(socket.remoteAddress()).toEqual({ address: HERE, family: 'IPv4', port: peer.port });
    });

    test('IPv6, to an address in its long form', async () => {
      const peer = await bench.peer(6);
      const socket = bench.socket('udp6');
      socket.connect(peer.port, '0:0:0:0:0:0:0:1');
      await until(socket, 'connect');
      expect(socket.remoteAddress()).toEqual({ address: '::1', family: 'IPv6', port: peer.port });
      socket.send('hello');
      const { data, from } = await peer.hear();
      peer.say(data, from.port);
      expect(await until(socket, 'message')).toEqual([data, expect.objectContaining({ address: '::1' })]);
    });

    test.each(REFUSED)('refuses %s', (_name, given, error) => {
      const socket = bench.socket();
      expect(thrown(() => (socket.connect as Untyped)(...given))).toEqual(error);
    });

    test('only once: while it connects, and when it is connected', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      socket.connect(peer.port, HERE);
      expect(thrown(() => socket.connect(peer.port, HERE))).toEqual(CONNECTED);
      expect(thrown(() => socket.remoteAddress())).toEqual(NOT_CONNECTED);
      expect(thrown(() => socket.disconnect())).toEqual(NOT_CONNECTED);
      await until(socket, 'connect');
      expect(thrown(() => socket.connect(peer.port))).toEqual(CONNECTED);
    });

    test('without connect: neither disconnect() nor remoteAddress()', async () => {
      for (const socket of [bench.socket(), await bench.bound()]) {
        expect(thrown(() => socket.disconnect())).toEqual(NOT_CONNECTED);
        expect(thrown(() => socket.remoteAddress())).toEqual(NOT_CONNECTED);
      }
    });

    test('disconnect() and connect to another one', async () => {
      const [one, two] = [await bench.peer(), await bench.peer()];
      const socket = await bench.connected(one);
      socket.send('to one');
      expect(await one.hearText()).toBe('to one');
      expect((socket.disconnect as () => unknown)()).toBeUndefined();
      expect(thrown(() => socket.disconnect())).toEqual(NOT_CONNECTED);
      expect(thrown(() => socket.remoteAddress())).toEqual(NOT_CONNECTED);
      await called(callback => socket.connect(two.port, HERE, callback as () => void));
      socket.send('to two');
      expect(await two.hearText()).toBe('to two');
      expect(socket.remoteAddress().port).toBe(two.port);
    });

    test('a name that does not exist: told to the callback, which then hears no connect', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const log = record(socket);
      const [error] = await called<[Error]>(done => socket.connect(9, 'nowhere.invalid', done as () => void));
      expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
      expect(socket.listenerCount('connect')).toBe(1);
      socket.connect(peer.port, HERE);
      await until(socket, 'connect');
      expect(log).toEqual(['listening', 'connect']);
    });

    test('a name that does not exist, without callback: error event', async () => {
      const socket = bench.socket();
      socket.connect(9, 'nowhere.invalid');
      expect(await until(socket, 'error')).toMatchObject([{ code: 'ENOTFOUND' }]);
      expect(thrown(() => socket.disconnect())).toEqual(NOT_CONNECTED);
    });

    test('to the other family: EINVAL', async () => {
      const socket = bench.socket();
      const [error] = await called<[Error]>(done => socket.connect(9, '::1', done as () => void));
      expect(error).toMatchObject({ code: 'EINVAL', syscall: 'connect', address: '::1', port: 9 });
      expect(error.message).toBe('connect EINVAL ::1:9');
    });
  });

  describe('send to the peer', () => {
    test.each(OVERLOADS)('%s', async (_name, send) => {
      const peer = await bench.peer();
      const socket = await bench.connected(peer);
      send(socket, () => {});
      expect(await peer.hearText()).toBe('hello');
    });

    test('the callback gets null and the number of bytes, in a later turn', async () => {
      const peer = await bench.peer();
      const socket = await bench.connected(peer);
      let returned = false;
      const [error, sent, late] = await called<[Error | null, number, boolean]>(done => {
        socket.send('grüße', (...args) => done(...args, returned));
        returned = true;
      });
      expect([error, sent, late]).toEqual([null, 7, true]);
    });

    test.each([
      ['(message, offset, length, port)', ['hello', 0, 5, 9]],
      ['(message, offset, length, port, address)', ['hello', 0, 5, 9, HERE]],
    ])('refuses %s', async (_name, given) => {
      const socket = await bench.connected(await bench.peer());
      expect(thrown(() => (socket.send as Untyped)(...given))).toEqual(CONNECTED);
    });

    test.each([
      ['nothing', [], 'ERR_INVALID_ARG_TYPE'],
      ['a number in an array', [['x', 1]], 'ERR_INVALID_ARG_TYPE'],
      ['a length beyond the end', ['abc', 0, 9], 'ERR_BUFFER_OUT_OF_BOUNDS'],
    ])('refuses %s', async (_name, given, code) => {
      const socket = await bench.connected(await bench.peer());
      expect(thrown(() => (socket.send as Untyped)(...given)).code).toBe(code);
    });

    test('what is on its way is counted', async () => {
      const peer = await bench.peer();
      const socket = await bench.connected(peer);
      for (const text of ['one', 'two', 'three']) socket.send(text);
      await called(callback => socket.send('four', callback));
      expect([socket.getSendQueueSize(), socket.getSendQueueCount()]).toEqual([0, 0]);
      for (const text of ['one', 'two', 'three', 'four']) expect(await peer.hearText()).toBe(text);
    });

    test('too large: EMSGSIZE without address and port', async () => {
      const socket = await bench.connected(await bench.peer());
      const data = Buffer.alloc(bench.target.limits.datagramBytes + 1);
      const [error] = await called<[Error | null]>(done => socket.send(data, done));
      expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'send', message: 'send EMSGSIZE' });
      expect(Object.keys(error as Error)).toEqual(['errno', 'code', 'syscall', 'address']);
    });

    bench.unless('empty-datagram')('an empty datagram', async () => {
      const peer = await bench.peer();
      const socket = await bench.connected(peer);
      socket.send([]);
      expect((await peer.hear()).data.length).toBe(0);
    });
  });

  describe('only the peer is heard', () => {
    test('strangers are not, and are again after disconnect()', async () => {
      const [peer, stranger] = [await bench.peer(), await bench.peer()];
      const socket = await bench.connected(peer);
      const heard: string[] = [];
      socket.on('message', data => heard.push(`${data}`));
      const { port } = socket.address();
      stranger.say('not for you', port);
      peer.say('for you', port);
      await until(socket, 'message');
      socket.disconnect();
      await called(callback => socket.send('who', stranger.port, HERE, callback));
      stranger.say('now for you', (await stranger.hear()).from.port);
      await until(socket, 'message');
      await turns();
      expect(heard).toEqual(['for you', 'now for you']);
    });

    bench.deviation('icmp')('a peer that has closed its port number: nobody is told', async () => {
      const [peer, other] = [await bench.peer(), await bench.peer()];
      const socket = await bench.connected(peer);
      const log = record(socket);
      peer.socket.close();
      await until(peer.socket, 'close');
      for (let send = 0; send < 3; send++)
        expect(await called(done => socket.send('x', done))).toEqual([null, 1]);
      socket.disconnect();
      socket.send('alive', other.port, HERE);
      expect(await other.hearText()).toBe('alive');
      expect(log).toEqual([]);
    });

    bench.unless('icmp')('a peer that has closed its port number: ECONNREFUSED of recvmsg', async () => {
      const peer = await bench.peer();
      const socket = await bench.connected(peer);
      peer.socket.close();
      await until(peer.socket, 'close');
      const [error] = await called<[Error | null]>(done => {
        socket.once('error', done);
        socket.send('x');
      });
      expect(error).toMatchObject({
        code: 'ECONNREFUSED',
        syscall: 'recvmsg',
        message: 'recvmsg ECONNREFUSED',
      });
    });
  });
}
