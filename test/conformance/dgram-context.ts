/** Conformance: in which async context events come, who is told by a diagnostics channel, what becomes of rejections. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type Bench, called, until } from './bench.ts';

const HERE = '127.0.0.1';

export function context(bench: Bench): void {
  describe('async context', () => {
    test('of events and callbacks: where they were asked for', async () => {
      const storage = new AsyncLocalStorage<string>();
      const peer = await bench.peer();
      const seen: Record<string, string | undefined> = {};
      const see = (event: string) => (): void => {
        seen[event] = storage.getStore();
      };
      const within = (name: string, start: (callback: () => void) => unknown): Promise<unknown> =>
        called(callback =>
          storage.run(name, () =>
            start(() => {
              see(name)();
              callback();
            }),
          ),
        );
      const socket = bench.socket().on('listening', see('listening')).on('close', see('closing'));
      await within('bind', callback => socket.bind(0, HERE, callback));
      await within('send', callback => socket.send('x', peer.port, HERE, callback));
      await within('connect', callback => socket.connect(peer.port, HERE, callback));
      await within('send to the peer', callback => socket.send('x', callback));
      await within('close', callback => socket.close(callback));
      expect(seen).toEqual({
        listening: 'bind',
        bind: 'bind',
        send: 'send',
        connect: 'connect',
        'send to the peer': 'send to the peer',
        close: 'close',
        closing: 'close',
      });
    });

    test('of what cannot be bound: that of bind()', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { port } = (await bench.bound()).address();
      const socket = bench.socket();
      const seen = new Promise(resolve => socket.once('error', () => resolve(storage.getStore())));
      storage.run('bind', () => socket.bind(port, HERE));
      expect(await seen).toBe('bind');
    });
  });

  test('the diagnostics channel udp.socket', () => {
    const seen: unknown[] = [];
    const listener = (message: unknown): unknown => seen.push(message);
    subscribe('udp.socket', listener);
    const socket = bench.socket();
    unsubscribe('udp.socket', listener);
    expect(seen).toEqual([{ socket }]);
  });

  test('rejections of listeners, where they are captured: error events', async () => {
    EventEmitter.captureRejections = true;
    const socket = bench.socket();
    EventEmitter.captureRejections = false;
    socket.on('listening', async () => {
      throw new Error('from the listener');
    });
    socket.bind(0, HERE);
    await until(socket, 'error').then(([error]) =>
      expect(error).toMatchObject({ message: 'from the listener' }),
    );
  });
}
