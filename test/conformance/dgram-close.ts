/** Conformance: `close()`, what comes after it, `ref()` and `unref()`. */
import type { Socket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { type Bench, called, record, thrown, turns, until } from './bench.ts';

const HERE = '127.0.0.1';
const NOT_RUNNING = { name: 'Error', code: 'ERR_SOCKET_DGRAM_NOT_RUNNING', message: 'Not running' };
const NOT_CONNECTED = { name: 'Error', code: 'ERR_SOCKET_DGRAM_NOT_CONNECTED', message: 'Not connected' };

const AFTER_CLOSE: readonly [name: string, call: (socket: Socket) => unknown, error: object][] = [
  ['close', socket => socket.close(), NOT_RUNNING],
  ['bind', socket => socket.bind(), NOT_RUNNING],
  ['send', socket => socket.send('x', 9), NOT_RUNNING],
  ['disconnect', socket => socket.disconnect(), NOT_CONNECTED],
  ['address', socket => socket.address(), NOT_RUNNING],
  ['remoteAddress', socket => socket.remoteAddress(), NOT_RUNNING],
  ['addMembership', socket => socket.addMembership('224.0.0.114'), NOT_RUNNING],
  ['dropMembership', socket => socket.dropMembership('224.0.0.114'), NOT_RUNNING],
  [
    'addSourceSpecificMembership',
    socket => socket.addSourceSpecificMembership(HERE, '232.0.0.1'),
    NOT_RUNNING,
  ],
  [
    'dropSourceSpecificMembership',
    socket => socket.dropSourceSpecificMembership(HERE, '232.0.0.1'),
    NOT_RUNNING,
  ],
  ['setMulticastInterface', socket => socket.setMulticastInterface(HERE), NOT_RUNNING],
];

/** Node does not expect these and fails on its own null. */
const AFTER_CLOSE_UNEXPECTED: readonly [name: string, call: (socket: Socket) => unknown][] = [
  ['connect', socket => socket.connect(9)],
  ['setBroadcast', socket => socket.setBroadcast(true)],
  ['setTTL', socket => socket.setTTL(1)],
  ['setMulticastTTL', socket => socket.setMulticastTTL(1)],
  ['setMulticastLoopback', socket => socket.setMulticastLoopback(true)],
  ['getRecvBufferSize', socket => socket.getRecvBufferSize()],
  ['getSendQueueSize', socket => socket.getSendQueueSize()],
];

export function closing(bench: Bench): void {
  describe('close', () => {
    test('the event in a later turn, then the callback; the socket is returned', async () => {
      const socket = await bench.bound();
      const log = record(socket);
      await called(callback => {
        const returned = socket.close(() => {
          log.push('callback');
          callback();
        });
        expect(returned).toBe(socket);
        log.push('returned');
      });
      expect(log).toEqual(['returned', 'close', 'callback']);
    });

    test('a socket that was never bound', async () => {
      const socket = bench.socket();
      const log = record(socket);
      socket.close();
      expect(log).toEqual([]);
      await until(socket, 'close');
      expect(log).toEqual(['close']);
    });

    test('while it binds: no listening, and no callback of bind', async () => {
      const socket = bench.socket();
      const log = record(socket);
      socket.bind(0, HERE, () => log.push('bound'));
      socket.close();
      await until(socket, 'close');
      await turns();
      expect(log).toEqual(['close']);
    });

    test('in the listener of listening, of connect, of message', async () => {
      const peer = await bench.peer();
      const [one, two, three] = [bench.socket(), bench.socket(), await bench.bound()];
      await called(callback => one.bind(0, HERE, () => one.close(callback)));
      await called(callback => two.connect(peer.port, HERE, () => two.close(callback)));
      await called(callback => {
        three.once('message', () => three.close(callback));
        peer.say('x', three.address().port);
      });
    });

    test('in the callback of send', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      await called(callback => socket.send('hello', peer.port, HERE, () => socket.close(callback)));
      expect(await peer.hearText()).toBe('hello');
    });

    test('no message after close()', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const log = record(socket);
      await called(callback => {
        socket.on('message', () => socket.close(callback));
        for (let index = 0; index < 10; index++) peer.say(`${index}`, socket.address().port);
      });
      await turns();
      expect(log).toEqual(['message', 'close']);
    });

    test('right after send(): only close, the callback of send is never called', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const log = record(socket);
      socket.send('x', peer.port, HERE, () => log.push('sent'));
      socket.close();
      await until(socket, 'close');
      await turns();
      expect(log).toEqual(['close']);
    });

    test('right after the send() that binds: listening, close', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const log = record(socket);
      socket.send('x', peer.port, HERE, () => log.push('sent'));
      socket.close(() => log.push('callback'));
      await until(socket, 'close');
      await turns();
      expect(log).toEqual(['listening', 'close', 'callback']);
    });

    test('right after connect(): listening, close, no connect', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const log = record(socket);
      socket.connect(peer.port, HERE, () => log.push('callback'));
      socket.close();
      await until(socket, 'close');
      await turns();
      expect(log).toEqual(['listening', 'close']);
    });

    test('right after a send() to the peer: it goes out, and its callback is called', async () => {
      const peer = await bench.peer();
      const socket = await bench.connected(peer);
      const log = record(socket);
      socket.send('one', () => log.push('one sent'));
      socket.send('two', () => log.push('two sent'));
      socket.close();
      await until(socket, 'close');
      expect([await peer.hearText(), await peer.hearText()]).toEqual(['one', 'two']);
      expect(log).toEqual(['one sent', 'two sent', 'close']);
    });

    test('some turns after send(): it goes out', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      socket.send('hello', peer.port, HERE);
      await turns(3);
      socket.close();
      expect(await peer.hearText()).toBe('hello');
    });

    test('then the port number is free again', async () => {
      const socket = await bench.bound();
      const { port } = socket.address();
      await called(callback => socket.close(callback));
      const next = bench.socket();
      await called(callback => next.bind(port, HERE, callback));
      expect(next.address().port).toBe(port);
    });

    test.each(AFTER_CLOSE)('%s() after close()', async (_name, call, error) => {
      const socket = await bench.bound();
      socket.close();
      expect(thrown(() => call(socket))).toEqual(error);
      await until(socket, 'close');
      expect(thrown(() => call(socket))).toMatchObject({ name: 'Error' });
    });

    bench.unless('closed-calls').each(AFTER_CLOSE_UNEXPECTED)('%s() after close()', async (_name, call) => {
      const socket = await bench.bound();
      socket.close();
      expect(thrown(() => call(socket))).toMatchObject({ name: 'TypeError' });
    });

    bench.deviation('closed-calls').each(AFTER_CLOSE_UNEXPECTED)(
      '%s() after close()',
      async (_name, call) => {
        const socket = await bench.bound();
        socket.close();
        expect(thrown(() => call(socket))).toMatchObject(NOT_RUNNING);
      },
    );

    test('arguments are checked before the state', () => {
      const socket = bench.socket();
      socket.close();
      expect(thrown(() => socket.send('x', 0)).code).toBe('ERR_SOCKET_BAD_PORT');
      expect(thrown(() => socket.connect(0)).code).toBe('ERR_SOCKET_BAD_PORT');
      expect(thrown(() => socket.setTTL('x' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    });
  });

  describe('asyncDispose', () => {
    test('closes, and waits for it; twice is fine', async () => {
      const socket = await bench.bound();
      const log = record(socket);
      await socket[Symbol.asyncDispose]();
      expect(log).toEqual(['close']);
      await socket[Symbol.asyncDispose]();
      expect(log).toEqual(['close']);
    });
  });

  describe('ref and unref', () => {
    test('return the socket, at any time', async () => {
      const socket = bench.socket();
      expect([socket.ref(), socket.unref(), socket.ref()]).toEqual([socket, socket, socket]);
      socket.bind(0, HERE);
      expect([socket.unref(), socket.ref()]).toEqual([socket, socket]);
      await until(socket, 'listening');
      expect([socket.unref(), socket.unref(), socket.ref()]).toEqual([socket, socket, socket]);
      socket.close();
      expect([socket.ref(), socket.unref()]).toEqual([socket, socket]);
      await until(socket, 'close');
      expect([socket.ref(), socket.unref()]).toEqual([socket, socket]);
    });

    test('an unref’ed socket works', async () => {
      const peer = await bench.peer();
      const socket = bench.socket().unref();
      socket.send('hello', peer.port, HERE);
      const { from } = await peer.hear();
      peer.say('answer', from.port);
      expect(`${(await until(socket, 'message'))[0]}`).toBe('answer');
    });
  });
}
