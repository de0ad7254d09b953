/** Conformance: `onread`, the counters, and what the stream helpers of Node make of a socket. */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { called, until } from './bench.ts';
import { closed, HERE, Heard, type NetBench, record } from './net-bench.ts';

function randomBytes(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Array.from({ length }, () => random(256)));
}

export function streaming(bench: NetBench): void {
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
