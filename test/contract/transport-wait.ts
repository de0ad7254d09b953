/** Waiting with a deadline, and what to do with streams meanwhile, for the contract of transports. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { createRandom } from '../../src/util/random.ts';

const DEADLINE_MS = 20_000;

/** Fails with the name of what did not happen. */
export async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Leaves the stream flowing paused behind the bytes asked for; nothing is lost. */
export async function readBytes(stream: Readable, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = bytes;
  while (missing > 0) {
    const chunk: Buffer | null = stream.read(Math.min(missing, stream.readableLength)) as Buffer | null;
    if (chunk === null) {
      await within(once(stream, 'readable'), `${missing} of ${bytes} bytes`);
    } else {
      chunks.push(chunk);
      missing -= chunk.length;
    }
  }
  return Buffer.concat(chunks);
}

export function write(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, error => (error ? reject(error) : resolve()));
  });
}

export function randomBytes(seed: number, length: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Uint8Array.from({ length }, () => random(256)));
}

export function cut(bytes: Buffer, blockBytes: number): Buffer[] {
  const blocks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += blockBytes) {
    blocks.push(bytes.subarray(start, start + blockBytes));
  }
  return blocks;
}

/** Lets everything that is ready happen, many times over. */
export async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) await new Promise(resolve => setImmediate(resolve));
}
