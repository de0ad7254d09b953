/** Conformance: the events of a connection in their order, whoever ends it and however. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, turns, until } from './bench.ts';
import { closed, HERE, Heard, type NetBench, record, recordFlowing } from './net-bench.ts';

/** A far end that does not read: this fills every buffer in between, many times over. */
const MUCH = Buffer.alloc(16 << 20, 'x');

export function events(bench: NetBench): void {
  describe('the peer ends', () => {
    test('data, end, finish, close(false)', async () => {
      const { socket, far } = await bench.pair();
      const log = recordFlowing(socket);
      const heard = new Heard(socket);
      far.end('hello');
      await closed(socket);
      expect(log).toEqual(['data', 'end', 'finish', 'close false']);
      expect(heard.text).toBe('hello');
    });

    test('at once after sending: every byte before end', async () => {
      const bytes = Buffer.alloc(100_000, 'abcdefg');
      const { port } = await bench.farServer(far => far.end(bytes));
      const socket = bench.keep(bench.net.connect(port, HERE));
      const heard = new Heard(socket);
      await until(socket, 'end');
      expect(heard.data.equals(bytes)).toBe(true);
    });

    test('without a word', async () => {
      const { socket, far } = await bench.pair();
      const log = record(socket);
      far.end();
      await closed(socket);
      expect(log).toEqual(['end', 'finish', 'close false']);
    });

    test('the socket is not destroyed before its own end', async () => {
      const { socket, far } = await bench.pair();
      socket.resume();
      const states: unknown[] = [];
      for (const event of ['end', 'finish', 'close'])
        socket.once(event, () => states.push([event, socket.destroyed, socket.readyState]));
      far.end('x');
      await closed(socket);
      expect(states).toEqual([
        ['end', false, 'writeOnly'],
        ['finish', false, 'closed'],
        ['close', true, 'closed'],
      ]);
    });

    test('nobody reads: no end, no close', async () => {
      const { socket, far } = await bench.pair();
      const log = record(socket);
      far.end('hello');
      await until(far, 'finish');
      await turns(50);
      expect(log).toEqual([]);
      expect(String(socket.read())).toBe('hello');
      await closed(socket);
      expect(log).toEqual(['end', 'finish', 'close false']);
    });

    bench.unless('peer-ends-both')('allowHalfOpen: the socket stays writable until end()', async () => {
      const { socket, far } = await bench.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
      const heard = new Heard(far);
      const log = recordFlowing(socket);
      far.end('hello');
      await until(socket, 'end');
      await turns();
      expect(log).toEqual(['data', 'end']);
      expect(socket.readyState).toBe('writeOnly');
      const ended = until(far, 'end');
      await called(callback => socket.write('still here', callback));
      socket.end();
      await closed(socket);
      await ended;
      expect(heard.text).toBe('still here');
      expect(log).toEqual(['data', 'end', 'finish', 'close false']);
    });

    test('write() after that: EPIPE to the callback, error, close(true)', async () => {
      const { socket, far } = await bench.pair();
      const log = record(socket);
      const failed = called<[Error | null | undefined]>(callback => {
        const write = (): void => {
          expect(socket.writableEnded).toBe(true);
          expect(socket.write('x', callback)).toBe(false);
        };
        // The stream ends itself in the turn after 'end'.
        socket.resume().once('end', () => process.nextTick(() => process.nextTick(write)));
      });
      far.end();
      expect((await failed)[0]).toMatchObject({
        code: 'EPIPE',
        message: 'This socket has been ended by the other party',
      });
      await closed(socket);
      expect(log).toEqual(['end', 'error EPIPE', 'close true']);
    });
  });

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
      expect(codes).toEqual(['ECONNRESET', 'ECONNRESET']);
      expect(log).toEqual(['error ECONNRESET', 'close true']);
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

  describe('this side ends', () => {
    test('the peer answers by ending: finish, end, close(false)', async () => {
      const { socket, far } = await bench.pair();
      const log = recordFlowing(socket);
      const heard = new Heard(far);
      far.resume();
      socket.end('bye');
      await closed(socket);
      expect(log).toEqual(['finish', 'end', 'close false']);
      expect(heard.text).toBe('bye');
    });

    test('what the peer had sent is still heard', async () => {
      const { socket, far } = await bench.pair();
      far.resume();
      far.write('hello');
      const heard = new Heard(socket);
      socket.end();
      await closed(socket);
      expect(heard.text).toBe('hello');
    });

    bench.unless('half-close')('an answer to the end is heard', async () => {
      const { socket, far } = await bench.pair({}, { allowHalfOpen: true });
      const heard = new Heard(socket);
      far.resume();
      far.on('end', () => setTimeout(() => far.end('I saw it'), 300));
      socket.end('bye');
      await closed(socket);
      expect(heard.text).toBe('I saw it');
    });

    test('an answer to the last words is heard', async () => {
      const { socket, far } = await bench.pair({}, { allowHalfOpen: true });
      const heard = new Heard(socket);
      far.on('data', chunk => far.end(`you said ${chunk.length}`));
      socket.end('?');
      await closed(socket);
      expect(heard.text).toBe('you said 1');
    });

    test('before it is connected: everything is sent', async () => {
      const { server, port } = await bench.farServer();
      const accepted = until(server, 'connection');
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      socket.resume();
      socket.write('hello ');
      socket.end('world');
      const [far] = (await accepted) as [Socket];
      const heard = new Heard(far);
      await closed(socket);
      if (!far.readableEnded) await until(far, 'end');
      expect(heard.text).toBe('hello world');
      expect(log.filter(entry => entry !== 'connectionAttempt')).toEqual([
        'connect',
        'ready',
        'finish',
        'end',
        'close false',
      ]);
    });

    test('the callback of end() is called with finish', async () => {
      const { socket, far } = await bench.pair();
      far.resume();
      const log = record(socket);
      await called<[unknown?]>(callback => {
        expect(
          socket.end('x', () => {
            log.push('callback');
            callback();
          }),
        ).toBe(socket);
      });
      expect(log).toEqual(['callback', 'finish']);
    });

    test('end() twice is once', async () => {
      const { socket, far } = await bench.pair();
      far.resume();
      socket.resume();
      const log = record(socket);
      socket.end();
      socket.end();
      await closed(socket);
      expect(log).toEqual(['finish', 'end', 'close false']);
    });

    test('write() after end(): ERR_STREAM_WRITE_AFTER_END', async () => {
      const { socket } = await bench.pair();
      const log = record(socket);
      socket.end();
      const [error] = await called<[Error | null | undefined]>(callback => socket.write('x', callback));
      expect(error).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' });
      await closed(socket);
      expect(log.filter(entry => entry !== 'finish')).toEqual([
        'error ERR_STREAM_WRITE_AFTER_END',
        'close true',
      ]);
    });

    test('allowHalfOpen: data goes on until the peer ends', async () => {
      const { socket, far } = await bench.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
      const heard = new Heard(socket);
      const log = recordFlowing(socket);
      far.resume();
      socket.end('question');
      await until(socket, 'finish');
      for (let part = 0; part < 5; part++) {
        far.write(`${part}`);
        await turns(5);
      }
      far.end('.');
      await closed(socket);
      expect(heard.text).toBe('01234.');
      expect(log).toEqual(['finish', 'data', 'end', 'close false']);
    });
  });

  describe('both end', () => {
    test('at once', async () => {
      const { socket, far } = await bench.pair();
      const log = recordFlowing(socket);
      const [heard, farHeard] = [new Heard(socket), new Heard(far)];
      far.end('from there');
      socket.end('from here');
      await Promise.all([closed(socket), closed(far)]);
      expect([heard.text, farHeard.text]).toEqual(['from there', 'from here']);
      expect(log.toSorted()).toEqual(['close false', 'data', 'end', 'finish']);
      expect(log.at(-1)).toBe('close false');
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

    test('with writes in the queue: ERR_STREAM_DESTROYED to each', async () => {
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
      expect(codes).toEqual(['ERR_STREAM_DESTROYED', 'ERR_STREAM_DESTROYED']);
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
