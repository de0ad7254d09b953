/** Conformance: multicast, broadcast, TTL and buffer sizes. */
import type { Socket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { type Bench, thrown } from './bench.ts';

type Method =
  | 'setBroadcast'
  | 'setTTL'
  | 'setMulticastTTL'
  | 'setMulticastLoopback'
  | 'setMulticastInterface'
  | 'addMembership'
  | 'dropMembership'
  | 'addSourceSpecificMembership'
  | 'dropSourceSpecificMembership';

const call = (socket: Socket, method: Method, given: readonly unknown[]): unknown =>
  Reflect.apply(socket[method] as (...given: unknown[]) => unknown, socket, given);

const refused = (method: string, code: string) => ({ name: 'Error', code, message: `${method} ${code}` });
const invalid = (name: string, wanted: string, received: string) => ({
  name: 'TypeError',
  code: 'ERR_INVALID_ARG_TYPE',
  message: `The "${name}" argument must be of type ${wanted}. Received ${received}`,
});
const MISSING = {
  name: 'TypeError',
  code: 'ERR_MISSING_ARGS',
  message: 'The "multicastAddress" argument must be specified',
};

const BEFORE_BIND: readonly [Method, readonly unknown[]][] = [
  ['setBroadcast', [true]],
  ['setTTL', [64]],
  ['setMulticastTTL', [3]],
  ['setMulticastLoopback', [true]],
  ['setMulticastInterface', ['127.0.0.1']],
];

const WRONG: readonly [Method, readonly unknown[], object][] = [
  ['setTTL', ['x'], invalid('ttl', 'number', "type string ('x')")],
  ['setTTL', [0], refused('setTTL', 'EINVAL')],
  ['setTTL', [256], refused('setTTL', 'EINVAL')],
  ['setMulticastTTL', ['x'], invalid('ttl', 'number', "type string ('x')")],
  ['setMulticastTTL', [256], refused('setMulticastTTL', 'EINVAL')],
  ['setMulticastInterface', [1], invalid('interfaceAddress', 'string', 'type number (1)')],
  ['setMulticastInterface', ['x'], refused('setMulticastInterface', 'EINVAL')],
  ['addMembership', [], MISSING],
  ['addMembership', ['256.256.256.256'], refused('addMembership', 'EINVAL')],
  ['addMembership', ['127.0.0.1'], refused('addMembership', 'EINVAL')],
  ['dropMembership', [], MISSING],
  ['dropMembership', ['256.256.256.256'], refused('dropMembership', 'EINVAL')],
  ['addSourceSpecificMembership', [1, '224.0.0.1'], invalid('sourceAddress', 'string', 'type number (1)')],
  ['addSourceSpecificMembership', ['127.0.0.1', 1], invalid('groupAddress', 'string', 'type number (1)')],
  ['dropSourceSpecificMembership', [1, '224.0.0.1'], invalid('sourceAddress', 'string', 'type number (1)')],
  ['dropSourceSpecificMembership', ['127.0.0.1', 1], invalid('groupAddress', 'string', 'type number (1)')],
];

const RIGHT: readonly [Method, readonly unknown[], result: unknown][] = [
  ['setBroadcast', [true], undefined],
  ['setTTL', [64], 64],
  ['setMulticastTTL', [3], 3],
  ['setMulticastLoopback', [true], true],
  ['setMulticastInterface', ['0.0.0.0'], undefined],
];

const NOT_A_SIZE = {
  name: 'TypeError',
  code: 'ERR_SOCKET_BAD_BUFFER_SIZE',
  message: 'Buffer size must be a positive integer',
};

export function options(bench: Bench): void {
  describe('options', () => {
    test.each(BEFORE_BIND)('%s before bind: EBADF', (method, given) => {
      expect(thrown(() => call(bench.socket(), method, given))).toEqual(refused(method, 'EBADF'));
    });

    test.each(WRONG)('%s refuses %j', async (method, given, error) => {
      const socket = await bench.bound();
      expect(thrown(() => call(socket, method, given))).toEqual(error);
    });

    test('a refusal of the system has the method as its syscall', async () => {
      const socket = await bench.bound();
      try {
        socket.setTTL(0);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ errno: expect.any(Number), code: 'EINVAL', syscall: 'setTTL' });
        expect(Object.keys(error as object)).toEqual(['errno', 'code', 'syscall']);
      }
    });

    bench.unless('socket-options').each(RIGHT)('%s', async (method, given, result) => {
      expect(call(await bench.bound(), method, given)).toBe(result);
    });

    bench.deviation('socket-options').each(RIGHT)('%s: ENOTSUP', async (method, given) => {
      const socket = await bench.bound();
      expect(thrown(() => call(socket, method, given))).toEqual(refused(method, 'ENOTSUP'));
    });
  });

  describe('buffer sizes', () => {
    test.each(['Recv', 'Send'] as const)('%s before bind: the SystemError of Node', direction => {
      const socket = bench.socket();
      const syscall = `uv_${direction.toLowerCase()}_buffer_size`;
      const message = `Could not get or set buffer size: ${syscall} returned EBADF (bad file descriptor)`;
      for (const work of [
        () => socket[`get${direction}BufferSize`](),
        () => socket[`set${direction}BufferSize`](1),
      ]) {
        expect(thrown(work)).toEqual({ name: 'SystemError', code: 'ERR_SOCKET_BUFFER_SIZE', message });
        try {
          work();
        } catch (error) {
          const info = { errno: expect.any(Number), code: 'EBADF', message: 'bad file descriptor', syscall };
          expect(error).toMatchObject({ info, syscall, errno: expect.any(Number) });
          expect(String(error)).toBe(`SystemError [ERR_SOCKET_BUFFER_SIZE]: ${message}`);
        }
      }
    });

    test.each([-1, 1.5, Number.POSITIVE_INFINITY, 'x'])('%s is no size', async size => {
      const socket = await bench.bound();
      expect(thrown(() => socket.setRecvBufferSize(size as number))).toEqual(NOT_A_SIZE);
      expect(thrown(() => socket.setSendBufferSize(size as number))).toEqual(NOT_A_SIZE);
    });

    test('2 GiB is too much', async () => {
      const socket = await bench.bound();
      expect(thrown(() => socket.setSendBufferSize(2 ** 31))).toMatchObject({
        code: 'ERR_SOCKET_BUFFER_SIZE',
        message: expect.stringContaining('uv_send_buffer_size returned EINVAL (invalid argument)'),
      });
    });

    test('what was set is reported, doubled on Linux', async () => {
      const socket = await bench.bound();
      socket.setRecvBufferSize(10_000);
      socket.setSendBufferSize(12_000);
      expect([10_000, 20_000]).toContain(socket.getRecvBufferSize());
      expect([12_000, 24_000]).toContain(socket.getSendBufferSize());
    });

    bench.deviation('buffer-sizes')('as it was set', async () => {
      const socket = await bench.bound();
      socket.setRecvBufferSize(1);
      socket.setSendBufferSize(2);
      expect([socket.getRecvBufferSize(), socket.getSendBufferSize()]).toEqual([1, 2]);
    });

    test('so are the sizes given at creation', async () => {
      const socket = await bench.bound({ type: 'udp4', recvBufferSize: 10_000, sendBufferSize: 12_000 });
      expect([10_000, 20_000]).toContain(socket.getRecvBufferSize());
      expect([12_000, 24_000]).toContain(socket.getSendBufferSize());
    });
  });
}
