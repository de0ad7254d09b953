/** Conformance: the events of a connection that is reset or destroyed, and of listeners that throw. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, turns, until } from './bench.ts';
import { closed, HERE, Heard, type NetBench, record, recordFlowing } from './net-bench.ts';

/** A far end that does not read: this fills every buffer in between, many times over. */
const MUCH = Buffer.alloc(16 << 20, 'x');

export function destroying(bench: NetBench): void {
  describe('the peer resets', () => {
    bench.unless('peer-reset')('error ECONNRESET, close(true)', async () => {
      const { socket, far } = await bench.pair();
      const log = record(socket);
      far.resetAndDestroy();
      const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
      expect({ ...error }).toEqual({ errno: -104, code: 'ECONNRESET', syscall: 'read' });
      expect(error.message).toBe('read ECONNRESET');
      await closed(socket);
      expect(log).toEqual(['error ECONNRESET', 'close true']);
    });

    bench.deviation('peer-reset')('end, close(false)', async () => {
      const { socket, far } = await bench.pair();
      const log = record(socket.resume());
      far.resetAndDestroy();
      await closed(socket);
      expect(log).toEqual(['end', 'finish', 'close false']);
    });

    bench.unless('peer-reset')('what had come before is heard first', async () => {
      const { socket, far } = await bench.pair();
      const log = recordFlowing(socket);
      const heard = until(socket, 'data');
      far.write('hello');
      expect(String((await heard)[0])).toMatch(/^h/);
      while (log.at(-1) !== 'data' || socket.bytesRead < 5) await turns(1);
      far.resetAndDestroy();
      await closed(socket);
      expect(log).toEqual(['data', 'error ECONNRESET', 'close true']);
    });

    test('with writes in the queue: each callback hears of it', async () => {
      const { socket, far } = await bench.pair();
      far.pause();
      const log = record(socket);
      const codes: unknown[] = [];
      const told = (error?: Error | null): unknown =>
        codes.push((error as NodeJS.ErrnoException | null)?.code);
      socket.write(MUCH, () => {});
      socket.write('one', told);
      socket.write('two', told);
      await turns(10);
      far.resetAndDestroy();
      await closed(socket);
      const [code] = codes;
      expect(bench.target.deviations.has('peer-reset') ? ['ECONNRESET', 'EPIPE'] : ['ECONNRESET']).toContain(
        code,
      );
      expect(codes).toEqual([code, code]);
      expect(log).toEqual([`error ${code}`, 'close true']);
    });

    test('write() to a peer that is gone fails, sooner or later', async () => {
      const { socket, far } = await bench.pair({ allowHalfOpen: true });
      const log = record(socket);
      far.destroy();
      await until(socket, 'end');
      const write = (): void => {
        if (!socket.destroyed) socket.write('x', () => setImmediate(write));
      };
      write();
      await closed(socket);
      expect(log.at(-2)).toMatch(/^error (EPIPE|ECONNRESET)$/);
      expect(log.at(-1)).toBe('close true');
    });
  });

  describe('destroy', () => {
    test('close(false) in a later turn, nothing else; the peer sees the end', async () => {
      const { socket, far } = await bench.pair();
      const log = record(socket);
      const ended = until(far.resume(), 'end');
      expect(socket.destroy()).toBe(socket);
      expect([socket.destroyed, socket.readyState, log]).toEqual([true, 'closed', []]);
      await closed(socket);
      await turns();
      expect(log).toEqual(['close false']);
      await ended;
    });

    test('close comes after what is due in this turn', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      socket.destroy();
      process.nextTick(() => log.push('nextTick'));
      setImmediate(() => log.push('setImmediate'));
      await closed(socket);
      expect(log).toEqual(['nextTick', 'setImmediate', 'close false']);
    });

    test('with an error', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      socket.destroy(Object.assign(new Error('mine'), { code: 'MINE' }));
      await closed(socket);
      expect(log).toEqual(['error MINE', 'close true']);
    });

    test('in the listener of data, of end', async () => {
      for (const event of ['data', 'end']) {
        const { socket, far } = await bench.pair();
        const log = recordFlowing(socket);
        socket.on(event, () => socket.destroy());
        far.end('x');
        await closed(socket);
        expect(log.filter(entry => entry !== 'data' && entry !== 'end')).toEqual(['close false']);
      }
    });

    test('no data after it', async () => {
      const { socket, far } = await bench.pair();
      let chunks = 0;
      socket.on('data', () => {
        chunks++;
        socket.destroy();
      });
      far.write('one');
      far.write(Buffer.alloc(200_000));
      await closed(socket);
      await turns();
      expect(chunks).toBe(1);
    });

    test('with an unfinished write: its callback is called before close, once', async () => {
      const { socket, far } = await bench.pair();
      far.pause();
      const log = record(socket);
      socket.write(MUCH, () => log.push('written'));
      await turns(10);
      socket.destroy();
      await closed(socket);
      await turns();
      expect(log).toEqual(['written', 'close false']);
    });

    test('with writes in the queue: each callback hears of it', async () => {
      const { socket, far } = await bench.pair();
      far.pause();
      const codes: unknown[] = [];
      const told = (error?: Error | null): unknown =>
        codes.push((error as NodeJS.ErrnoException | null)?.code);
      socket.write(MUCH, () => {});
      socket.write('one', told);
      socket.write('two', told);
      socket.destroy();
      await closed(socket);
      const [code] = codes;
      // Newer Nodes pass on what libuv says of the write under way.
      expect(['ERR_STREAM_DESTROYED', 'ECANCELED']).toContain(code);
      expect(codes).toEqual([code, code]);
    });

    test('write() after it: ERR_STREAM_DESTROYED, no event', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      socket.destroy();
      const [error] = await called<[Error | null | undefined]>(callback => socket.write('x', callback));
      expect(error).toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
      await turns();
      expect(log).toEqual(['close false']);
    });

    test('what was written before is sent', async () => {
      const { socket, far } = await bench.pair();
      const heard = new Heard(far);
      const ended = until(far, 'end');
      await called(callback => socket.write('hello', callback));
      socket.destroy();
      await ended;
      expect(heard.text).toBe('hello');
    });

    test('destroySoon() sends everything first', async () => {
      const { socket, far } = await bench.pair();
      const heard = new Heard(far);
      const log = record(socket);
      const ended = until(far, 'end');
      socket.write('hello ');
      socket.write('world');
      socket.destroySoon();
      await closed(socket);
      await ended;
      expect(heard.text).toBe('hello world');
      expect(log).toEqual(['finish', 'close false']);
    });

    test('destroySoon() before it is connected', async () => {
      const { server, port } = await bench.farServer();
      const accepted = until(server, 'connection');
      const socket = bench.keep(bench.net.connect(port, HERE));
      socket.write('hello');
      socket.destroySoon();
      const [far] = (await accepted) as [Socket];
      const heard = new Heard(far);
      await until(far, 'end');
      expect(heard.text).toBe('hello');
    });

    test('destroySoon() after finish destroys at once', async () => {
      const { socket, far } = await bench.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
      far.resume();
      socket.end();
      await until(socket, 'finish');
      socket.destroySoon();
      expect(socket.destroyed).toBe(true);
      await closed(socket);
    });
  });

  describe('resetAndDestroy', () => {
    bench.unless('reset')('the peer sees ECONNRESET', async () => {
      const { socket, far } = await bench.pair();
      socket.resetAndDestroy();
      const [error] = await called<[Error]>(callback => far.once('error', callback));
      expect(error).toMatchObject({ code: 'ECONNRESET' });
    });

    bench.deviation('reset')('the peer sees an orderly end', async () => {
      const { socket, far } = await bench.pair();
      const log = record(far.resume());
      socket.resetAndDestroy();
      await closed(far);
      expect(log).toEqual(['end', 'finish', 'close false']);
    });

    test('close(false), like destroy()', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      expect(socket.resetAndDestroy()).toBe(socket);
      expect(socket.destroyed).toBe(true);
      await closed(socket);
      expect(log).toEqual(['close false']);
    });

    test('before it is connected: afterwards', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      socket.resetAndDestroy();
      expect(socket.destroyed).toBe(false);
      await closed(socket);
      expect(log).toEqual(['connectionAttempt', 'connect', 'ready', 'close false']);
    });

    test('never connected: ERR_SOCKET_CLOSED', async () => {
      const socket = new bench.net.Socket();
      const log = record(socket);
      socket.resetAndDestroy();
      await closed(socket);
      expect(log[0]).toBe('error ERR_SOCKET_CLOSED');
    });
  });

  describe('what a listener throws', () => {
    test('is an uncaught exception; the socket goes on', async () => {
      const { socket, far } = await bench.pair();
      const thrown = new Promise<unknown>(resolve => {
        const others = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        process.once('uncaughtException', error => {
          for (const other of others) process.on('uncaughtException', other);
          resolve(error);
        });
      });
      socket.once('data', () => {
        throw new Error('from the listener');
      });
      far.write('one');
      expect(await thrown).toMatchObject({ message: 'from the listener' });
      const again = until(socket, 'data');
      far.write('two');
      expect(String((await again)[0])).toMatch(/^[neotw]/);
    });
  });
}
