/** Conformance: the module, `createSocket()` and its options. */
import { EventEmitter } from 'node:events';
import { inherits } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Bench, record, thrown, turns, until } from './bench.ts';

type Untyped = (...given: unknown[]) => unknown;

const BAD_TYPE = {
  name: 'TypeError',
  code: 'ERR_SOCKET_BAD_TYPE',
  message: 'Bad socket type specified. Valid types are: udp4, udp6',
};

const invalid = (message: string) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message });
const outOfRange = (message: string) => ({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE', message });

const REFUSED: readonly [name: string, argument: unknown, error: object][] = [
  ['no type', undefined, BAD_TYPE],
  ['null', null, BAD_TYPE],
  ['an unknown type', 'udp5', BAD_TYPE],
  ['options without type', {}, BAD_TYPE],
  ['a number', 4, BAD_TYPE],
  [
    'lookup null',
    { type: 'udp4', lookup: null },
    invalid('The "lookup" argument must be of type function. Received null'),
  ],
  [
    'lookup 1',
    { type: 'udp4', lookup: 1 },
    invalid('The "lookup" argument must be of type function. Received type number (1)'),
  ],
  [
    'lookup {}',
    { type: 'udp4', lookup: {} },
    invalid('The "lookup" argument must be of type function. Received an instance of Object'),
  ],
  [
    'lookup "a long string …"',
    { type: 'udp4', lookup: 'a string of more than 28 characters' },
    invalid(
      'The "lookup" argument must be of type function. Received type string (\'a string of more than 28 ...\')',
    ),
  ],
  [
    'lookup before type',
    { lookup: 1 },
    invalid('The "lookup" argument must be of type function. Received type number (1)'),
  ],
  [
    'signal 1',
    { type: 'udp4', signal: 1 },
    invalid('The "options.signal" property must be an instance of AbortSignal. Received type number (1)'),
  ],
  [
    'signal null',
    { type: 'udp4', signal: null },
    invalid('The "options.signal" property must be an instance of AbortSignal. Received null'),
  ],
  [
    'signal {}',
    { type: 'udp4', signal: {} },
    invalid(
      'The "options.signal" property must be an instance of AbortSignal. Received an instance of Object',
    ),
  ],
  [
    'recvBufferSize "x"',
    { type: 'udp4', recvBufferSize: 'x' },
    invalid('The "options.recvBufferSize" property must be of type number. Received type string (\'x\')'),
  ],
  [
    'recvBufferSize -3',
    { type: 'udp4', recvBufferSize: -3 },
    outOfRange(
      'The value of "options.recvBufferSize" is out of range. It must be >= 0 && <= 4294967295. Received -3',
    ),
  ],
  [
    'recvBufferSize 1.5',
    { type: 'udp4', recvBufferSize: 1.5 },
    outOfRange('The value of "options.recvBufferSize" is out of range. It must be an integer. Received 1.5'),
  ],
  [
    'sendBufferSize 2 ** 40',
    { type: 'udp4', sendBufferSize: 2 ** 40 },
    outOfRange(
      'The value of "options.sendBufferSize" is out of range. It must be >= 0 && <= 4294967295. Received 1_099_511_627_776',
    ),
  ],
];

export function creating(bench: Bench): void {
  describe('createSocket', () => {
    test('the module is a plain object that a test may change', () => {
      const { dgram } = bench;
      const { createSocket } = dgram;
      const replaced = () => bench.socket();
      dgram.createSocket = replaced;
      expect(dgram.createSocket).toBe(replaced);
      dgram.createSocket = createSocket;
    });

    test('a socket is a Socket and an EventEmitter, with its type', () => {
      const { dgram } = bench;
      for (const type of ['udp4', 'udp6'] as const) {
        const socket = bench.socket(type);
        expect(socket).toBeInstanceOf(dgram.Socket);
        expect(socket).toBeInstanceOf(EventEmitter);
        expect(socket).toHaveProperty('type', type);
        expect(socket.constructor).toBe(dgram.Socket);
      }
    });

    test('Socket works with new', () => {
      const Socket = bench.dgram.Socket as unknown as new (
        type: string,
      ) => NodeJS.EventEmitter & { close(): void };
      const socket = new Socket('udp4');
      expect(socket).toBeInstanceOf(bench.dgram.Socket);
      socket.close();
    });

    test('Socket can be called on an object that inherits from it', async () => {
      const { dgram } = bench;
      function Mine(this: object): void {
        Reflect.apply(dgram.Socket, this, ['udp4']);
      }
      inherits(Mine as unknown as new () => object, dgram.Socket);
      const socket: import('node:dgram').Socket = Reflect.construct(Mine, []);
      expect(socket).toBeInstanceOf(dgram.Socket);
      socket.bind(0, '127.0.0.1');
      await until(socket, 'listening');
      socket.close();
      await until(socket, 'close');
    });

    test('Socket without any receiver throws a TypeError', () => {
      const { Socket } = bench.dgram;
      expect(() => Reflect.apply(Socket, undefined, ['udp4'])).toThrow(TypeError);
    });

    test('a class may extend Socket', async () => {
      const Base = bench.dgram.Socket as unknown as new (type: string) => import('node:dgram').Socket;
      class Mine extends Base {
        readonly own = 1;
      }
      const socket = new Mine('udp4');
      socket.close();
      await until(socket, 'close');
      expect(socket.own).toBe(1);
    });

    test('the listener hears messages', () => {
      const listener = () => {};
      expect(bench.socket('udp4', listener).listeners('message')).toEqual([listener]);
      expect(bench.socket({ type: 'udp6' }, listener).listeners('message')).toEqual([listener]);
      expect(bench.socket('udp4').listenerCount('message')).toBe(0);
    });

    test('a listener that is no function is ignored', () => {
      const socket = (bench.dgram.createSocket as Untyped)('udp4', 'no function') as NodeJS.EventEmitter;
      expect(socket.listenerCount('message')).toBe(0);
    });

    test('nothing happens before the socket is used', async () => {
      const log = record(bench.socket());
      await turns();
      expect(log).toEqual([]);
    });

    test.each(REFUSED)('refuses %s', (_name, argument, error) => {
      expect(thrown(() => (bench.dgram.createSocket as Untyped)(argument))).toEqual(error);
    });

    test('an error of Node shows its code as text', () => {
      try {
        (bench.dgram.createSocket as Untyped)('udp5');
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toBe(`TypeError [ERR_SOCKET_BAD_TYPE]: ${BAD_TYPE.message}`);
        expect(Object.keys(error as object)).toEqual(['code']);
      }
    });

    test.each(['reuseAddr', 'reusePort', 'ipv6Only'])('accepts %s', async option => {
      const socket = bench.socket({ type: 'udp6', [option]: true });
      socket.bind(0, '::1');
      await until(socket, 'listening');
      expect(socket.address().port).toBeGreaterThan(0);
    });
  });

  describe('signal', () => {
    test('aborting closes the socket', async () => {
      const controller = new AbortController();
      const socket = await bench.bound({ type: 'udp4', signal: controller.signal });
      const log = record(socket);
      controller.abort();
      expect(log).toEqual([]);
      await until(socket, 'close');
      expect(log).toEqual(['close']);
    });

    test('a signal aborted before closes the socket, in a later turn', async () => {
      const socket = bench.socket({ type: 'udp4', signal: AbortSignal.abort() });
      const log = record(socket);
      expect(thrown(() => socket.bind()).code).toBe('ERR_SOCKET_DGRAM_NOT_RUNNING');
      await until(socket, 'close');
      expect(log).toEqual(['close']);
    });

    test('aborting while it binds: close, and no listening', async () => {
      const controller = new AbortController();
      const socket = bench.socket({ type: 'udp4', signal: controller.signal });
      const log = record(socket);
      socket.bind(0, '127.0.0.1');
      controller.abort();
      await until(socket, 'close');
      await turns();
      expect(log).toEqual(['close']);
    });

    test('aborting after close does nothing', async () => {
      const controller = new AbortController();
      const socket = bench.socket({ type: 'udp4', signal: controller.signal });
      const log = record(socket);
      socket.close();
      controller.abort();
      await until(socket, 'close');
      controller.abort();
      await turns();
      expect(log).toEqual(['close']);
    });
  });
}
