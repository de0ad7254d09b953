/** Conformance: the events of a connection in their order, when one side or both end in order. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, turns, until } from './bench.ts';
import { closed, HERE, Heard, type NetBench, record, recordFlowing } from './net-bench.ts';

export function ending(bench: NetBench): void {
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

    test('last words in the listener of end: no error', async () => {
      const { socket, far } = await bench.pair();
      const log = recordFlowing(socket);
      const written: unknown[] = [];
      socket.on('end', () => {
        expect(socket.writable).toBe(true);
        socket.write('bye', error => written.push(error ?? 'taken'));
      });
      far.on('error', () => {});
      far.end();
      await closed(socket);
      expect([log, written]).toEqual([['end', 'finish', 'close false'], ['taken']]);
    });

    bench.deviation('peer-ends-both')('allowHalfOpen: what is written then fails with EPIPE', async () => {
      const { socket, far } = await bench.pair({ allowHalfOpen: true });
      const log = recordFlowing(socket);
      far.end();
      await until(socket, 'end');
      const [error] = await called<[Error | null | undefined]>(callback =>
        socket.write('still here', callback),
      );
      expect(error).toMatchObject({ code: 'EPIPE', syscall: 'write' });
      await closed(socket);
      expect(log).toEqual(['end', 'error EPIPE', 'close true']);
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
    bench.unless('peer-ends-both')('at once', async () => {
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
}
