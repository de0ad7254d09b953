/** Conformance: reading and writing, back-pressure both ways, encodings. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { called, turns, until } from './bench.ts';
import { closed, HERE, Heard, type NetBench, record } from './net-bench.ts';

function randomBytes(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Array.from({ length }, () => random(256)));
}

const ENCODINGS: readonly [BufferEncoding, text: string, sent: Buffer][] = [
  ['utf8', 'grüße €', Buffer.from('grüße €')],
  ['latin1', 'grüße', Buffer.from('grüße', 'latin1')],
  ['binary', 'ÿ\0', Buffer.from([255, 0])],
  ['ascii', 'hello', Buffer.from('hello')],
  ['hex', 'ff0010', Buffer.from([255, 0, 16])],
  ['base64', 'AP8=', Buffer.from([0, 255])],
  ['ucs2', 'hé', Buffer.from('hé', 'ucs2')],
  ['utf16le', 'hé', Buffer.from('hé', 'utf16le')],
];

export function flowing(bench: NetBench): void {
  describe('writing', () => {
    test('a string, a buffer, a typed array, in order', async () => {
      const { socket, far } = await bench.pair();
      const heard = new Heard(far);
      socket.write('one ');
      socket.write(Buffer.from('two '));
      socket.write(new Uint8Array([0x33, 0x20]));
      socket.end('end');
      await until(far, 'end');
      expect(heard.text).toBe('one two 3 end');
    });

    test.each(ENCODINGS)('in %s', async (encoding, text, sent) => {
      const { socket, far } = await bench.pair();
      const heard = new Heard(far);
      socket.write(text, encoding);
      // Corked: both in one piece, each in its own encoding.
      socket.cork();
      socket.write(text, encoding);
      socket.write(Buffer.from('|'));
      socket.uncork();
      socket.end();
      await until(far, 'end');
      expect(heard.data).toEqual(Buffer.concat([sent, sent, Buffer.from('|')]));
    });

    test('setDefaultEncoding()', async () => {
      const { socket, far } = await bench.pair();
      const heard = new Heard(far);
      socket.setDefaultEncoding('hex');
      socket.end('414243');
      await until(far, 'end');
      expect(heard.text).toBe('ABC');
    });

    test.each([
      [null, 'ERR_STREAM_NULL_VALUES'],
      [undefined, 'ERR_INVALID_ARG_TYPE'],
      [1, 'ERR_INVALID_ARG_TYPE'],
      [{}, 'ERR_INVALID_ARG_TYPE'],
      [[], 'ERR_INVALID_ARG_TYPE'],
    ])('write(%j) throws', async (value, code) => {
      const { socket } = await bench.pair();
      expect(() => socket.write(value as never)).toThrow(expect.objectContaining({ code }));
    });

    test('nothing: the callback is called', async () => {
      const { socket } = await bench.pair();
      await called(callback => socket.write('', callback));
      await called(callback => socket.write(Buffer.alloc(0), callback));
      expect(socket.bytesWritten).toBe(0);
    });

    bench.unless('writes-complete-later')('a little: complete at once', async () => {
      const { socket } = await bench.pair();
      socket.write('x');
      expect([socket.writableLength, socket.bufferSize]).toEqual([0, 0]);
    });

    bench.deviation('writes-complete-later')('a little: waits for the modem', async () => {
      const { socket } = await bench.pair();
      const taken = called<[unknown?]>(callback => socket.write('x', callback));
      expect([socket.writableLength, socket.bufferSize]).toEqual([1, 1]);
      await taken;
      expect(socket.writableLength).toBe(0);
    });

    test('callbacks in order, once each, never inside write()', async () => {
      const { socket, far } = await bench.pair();
      far.resume();
      const log: number[] = [];
      await called<[unknown?]>(callback => {
        for (let index = 0; index < 20; index++)
          socket.write(`${index}`, () => {
            log.push(index);
            if (index === 19) callback();
          });
        expect(log).toEqual([]);
      });
      await turns();
      expect(log).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });

    test('before it is connected: buffered, then sent', async () => {
      const { server, port } = await bench.farServer();
      const accepted = until(server, 'connection');
      const socket = bench.keep(bench.net.connect(port, HERE));
      expect(socket.write('one ')).toBe(true);
      socket.write('two');
      expect([socket.bytesWritten, socket.bufferSize, socket.pending]).toEqual([7, 7, true]);
      const [far] = (await accepted) as [Socket];
      const heard = new Heard(far);
      socket.end();
      await until(far, 'end');
      expect(heard.text).toBe('one two');
      expect(socket.bytesWritten).toBe(7);
    });

    test('without ever connecting: the callback hears ERR_SOCKET_CLOSED', async () => {
      const socket = bench.keep(new bench.net.Socket());
      socket.on('error', () => {});
      const [error] = await called<[Error | null | undefined]>(callback => socket.write('x', callback));
      expect(error).toMatchObject({ code: 'ERR_SOCKET_CLOSED' });
    });

    test('write() says false at the high water mark, then drain', async () => {
      const { socket, far } = await bench.pair();
      far.pause();
      let written = 0;
      const chunk = Buffer.alloc(65_536);
      while (socket.write(chunk)) written += chunk.length;
      expect(written).toBeLessThan(64 << 20);
      expect([socket.writableNeedDrain, socket.writableLength > 0]).toEqual([true, true]);
      const drained = until(socket, 'drain');
      far.resume();
      await drained;
      expect(socket.writableLength).toBe(0);
    });

    bench.bulk('a peer that does not read holds the writer back, without loss', async () => {
      const { socket, far } = await bench.pair();
      const bytes = Buffer.alloc(24 << 20, '0123456789abc');
      let done = false;
      const heard = new Heard(far);
      far.pause();
      const sending = pipeline(Readable.from(pieces(bytes, 10_007)), socket).then(() => {
        done = true;
      });
      sending.catch(() => {});
      await turns(100);
      expect(done).toBe(false);
      far.resume();
      await until(far, 'end');
      expect(heard.data.equals(bytes)).toBe(true);
    });

    test('the bytes handed over may be large', async () => {
      const { socket, far } = await bench.pair();
      const bytes = randomBytes(1 << 20, 8);
      const heard = new Heard(far);
      socket.end(bytes);
      await until(far, 'end');
      expect(heard.data.equals(bytes)).toBe(true);
      expect(socket.bytesWritten).toBe(bytes.length);
    });
  });

  describe('reading', () => {
    test('setEncoding(): strings, characters whole', async () => {
      const { socket, far } = await bench.pair();
      socket.setEncoding('utf8');
      let text = '';
      socket.on('data', (chunk: unknown) => {
        expect(typeof chunk).toBe('string');
        text += chunk;
      });
      far.end('grüße €'.repeat(100));
      await until(socket, 'end');
      expect(text).toBe('grüße €'.repeat(100));
    });

    test('for await', async () => {
      const { socket, far } = await bench.pair();
      const bytes = randomBytes(200_000, 9);
      far.end(bytes);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    test('readable and read()', async () => {
      const { socket, far } = await bench.pair();
      const chunks: Buffer[] = [];
      socket.on('readable', () => {
        for (let chunk = socket.read(3); chunk !== null; chunk = socket.read(3)) chunks.push(chunk);
      });
      far.end('abcdefg');
      await until(socket, 'end');
      expect(chunks.map(String)).toEqual(['abc', 'def', 'g']);
    });

    test('unshift()', async () => {
      const { socket, far } = await bench.pair();
      far.write('world');
      await until(socket, 'readable');
      socket.unshift('hello ');
      const heard = new Heard(socket);
      far.end();
      await until(socket, 'end');
      expect(heard.text).toBe('hello world');
    });

    test('pause() and resume() lose nothing', async () => {
      const { socket, far } = await bench.pair();
      const bytes = randomBytes(bench.target.slow ? 30_000 : 300_000, 10);
      const heard = new Heard(socket);
      let paused = 0;
      socket.on('data', () => {
        expect(socket.isPaused()).toBe(false);
        if (paused++ % 7 !== 0) return;
        socket.pause();
        setImmediate(() => socket.resume());
      });
      far.end(bytes);
      await until(socket, 'end');
      expect(heard.data.equals(bytes)).toBe(true);
    });

    bench.bulk('a socket that is not read holds the sender back', async () => {
      const { socket, far } = await bench.pair();
      const bytes = Buffer.alloc(1 << 20, 'x');
      let done = 0;
      for (let part = 0; part < 32; part++) far.write(bytes, () => done++);
      await turns(200);
      expect(done).toBeLessThan(32);
      expect(socket.readableLength).toBeLessThanOrEqual(16_384 + 65_536);
      let received = 0;
      socket.on('data', chunk => {
        received += chunk.length;
      });
      far.end();
      await until(socket, 'end');
      expect(received).toBe(32 << 20);
    });

    test('pause() before the connection: nothing is heard until resume()', async () => {
      const { port } = await bench.farServer(far => far.end('hello'));
      const socket = bench.keep(bench.net.connect(port, HERE));
      const heard = new Heard(socket);
      socket.pause();
      const log = record(socket);
      await until(socket, 'ready');
      await turns(50);
      expect(heard.text).toBe('');
      socket.resume();
      await closed(socket);
      expect(heard.text).toBe('hello');
      expect(log.slice(-3)).toEqual(['end', 'finish', 'close false']);
    });

    test('an echo of every byte value, both directions at once', async () => {
      const { socket, far } = await bench.pair();
      const bytes = randomBytes(100_000, 11);
      far.pipe(far);
      const heard = new Heard(socket);
      for (const piece of pieces(bytes, 997)) socket.write(piece);
      while (socket.bytesRead < bytes.length) await turns(1);
      expect(heard.data.equals(bytes)).toBe(true);
    });
  });
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
