/** Conformance: reading and writing, back-pressure both ways, encodings, counters, `onread`. */
import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
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

    test('a peer that does not read holds the writer back, without loss', async () => {
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
      const bytes = randomBytes(300_000, 10);
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

  describe('onread', () => {
    test('one buffer: no data events', async () => {
      const buffer = Buffer.alloc(5);
      const chunks: string[] = [];
      const { port } = await bench.farServer(far => far.end('hello world'));
      const socket = bench.keep(
        bench.net.connect({
          port,
          host: HERE,
          onread: {
            buffer,
            callback: (size, given) => {
              expect(given).toBe(buffer);
              chunks.push(given.toString().slice(0, size));
              return true;
            },
          },
        }),
      );
      const log = record(socket);
      const heard = new Heard(socket);
      await closed(socket);
      expect([chunks.join(''), heard.text, socket.bytesRead]).toEqual(['hello world', '', 11]);
      expect(log.slice(-3)).toEqual(['end', 'finish', 'close false']);
    });

    test('a new buffer each time', async () => {
      const buffers: Buffer[] = [];
      const sizes: number[] = [];
      const { port } = await bench.farServer(far => far.end('hello world'));
      const socket = bench.keep(
        bench.net.connect({
          port,
          host: HERE,
          onread: {
            buffer: () => {
              const buffer = Buffer.alloc(4);
              buffers.push(buffer);
              return buffer;
            },
            callback: size => sizes.push(size) > 0,
          },
        }),
      );
      await closed(socket);
      const read = buffers.slice(0, sizes.length).map((buffer, index) => buffer.subarray(0, sizes[index]));
      expect(Buffer.concat(read).toString()).toBe('hello world');
      expect(buffers.length).toBe(sizes.length + 1);
    });

    test('false from the callback, and pause(), stop reading until resume()', async () => {
      const text: string[] = [];
      let stopped = false;
      const { port } = await bench.farServer(far => far.end('hello world'));
      const socket: Socket = bench.keep(
        bench.net.connect({
          port,
          host: HERE,
          onread: {
            buffer: Buffer.alloc(3),
            callback: (size, buffer) => {
              expect(stopped).toBe(false);
              text.push(Buffer.from(buffer).toString().slice(0, size));
              stopped = true;
              if (text.length % 2) socket.pause();
              setTimeout(() => {
                stopped = false;
                socket.resume();
              }, 1);
              return text.length % 2 === 1;
            },
          },
        }),
      );
      await closed(socket);
      expect(text.join('')).toBe('hello world');
    });
  });

  describe('counters', () => {
    test('bytesRead and bytesWritten, also after close', async () => {
      const { socket, far } = await bench.pair();
      far.resume();
      socket.resume();
      expect([socket.bytesRead, socket.bytesWritten]).toEqual([0, 0]);
      socket.write('héllo');
      socket.cork();
      socket.write('1');
      socket.write(Buffer.from('23'));
      expect(socket.bytesWritten).toBe(9);
      socket.uncork();
      await called(callback => socket.write('4', callback));
      far.end('abc');
      await closed(socket);
      expect([socket.bytesRead, socket.bytesWritten]).toEqual([3, 10]);
    });

    test('a socket that was never connected', () => {
      const socket = new bench.net.Socket();
      expect([socket.bytesRead, socket.bytesWritten, socket.bufferSize]).toEqual([0, 0, undefined]);
    });
  });

  describe('stream helpers', () => {
    test('pipeline() from a socket: everything', async () => {
      const bytes = randomBytes(150_000, 12);
      const { socket, far } = await bench.pair();
      const chunks: Buffer[] = [];
      far.end(bytes);
      await pipeline(
        socket,
        new Writable({
          write: (chunk, _encoding, callback) => {
            chunks.push(chunk);
            setImmediate(callback);
          },
        }),
      );
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    test('finished() of a socket that ends in order', async () => {
      const { socket, far } = await bench.pair();
      socket.resume();
      far.end();
      await finished(socket);
    });

    test('finished() of one that is destroyed: premature close', async () => {
      const { socket } = await bench.pair();
      const over = finished(socket);
      socket.destroy();
      await expect(over).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    });

    test('two sockets piped into each other', async () => {
      const { socket, far } = await bench.pair();
      const other = await bench.pair();
      socket.pipe(other.socket).pipe(socket);
      const heard = new Heard(other.far);
      other.far.on('data', chunk => other.far.write(chunk));
      const back = until(far, 'data');
      far.write('through');
      await back;
      expect('through').toContain(heard.text.slice(0, 1));
    });
  });
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
