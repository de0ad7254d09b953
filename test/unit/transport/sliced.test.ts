/** sliced: the same bytes in other chunks, in later turns, the same again from the same seed. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createMemoryPair } from '../../../src/transport/memory.ts';
import { sliced } from '../../../src/transport/sliced.ts';
import type { ByteStream } from '../../../src/transport/transport.ts';

const TEXT = Array.from({ length: 60 }, (_, index) => `\r\n+LINE: ${index}\r\n`).join('');

async function open(seed: number, mode: 'bytes' | 'random'): Promise<[near: ByteStream, far: ByteStream]> {
  const [left, far] = createMemoryPair();
  const near = await sliced({ seed, mode })({ name: 'memory:', open: async () => left }).open();
  return [near, far];
}

async function chunksRead(reader: ByteStream, writer: ByteStream, text: string): Promise<string[]> {
  const chunks: string[] = [];
  reader.on('data', (chunk: Buffer) => chunks.push(chunk.toString('latin1')));
  writer.end(text, 'latin1');
  await once(reader, 'end');
  return chunks;
}

test.each(['read', 'written'])('in bytes: each byte alone when %s', async direction => {
  const [near, far] = await open(1, 'bytes');
  const chunks = await (direction === 'read' ? chunksRead(near, far, TEXT) : chunksRead(far, near, TEXT));
  expect(chunks).toEqual([...TEXT]);
});

test.each(['read', 'written'])(
  'at random: many lengths when %s, repeatable (seeds 1, 2)',
  async direction => {
    const cut = async (seed: number): Promise<string[]> => {
      const [near, far] = await open(seed, 'random');
      return direction === 'read' ? chunksRead(near, far, TEXT) : chunksRead(far, near, TEXT);
    };
    const chunks = await cut(1);
    expect(chunks.join('')).toBe(TEXT);
    expect(new Set(chunks.map(chunk => chunk.length)).size).toBeGreaterThan(5);
    expect(await cut(1)).toEqual(chunks);
    expect(await cut(2)).not.toEqual(chunks);
  },
);

test('slices arrive over several turns of the event loop (seed 3)', async () => {
  const [near, far] = await open(3, 'bytes');
  let turn = 0;
  const turns = new Set<number>();
  near.on('data', () => turns.add(turn));
  const ended = once(near, 'end');
  far.end(TEXT);
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  count();
  await ended;
  counting = false;
  expect(turns.size).toBeGreaterThan(10);
});

test('the slices of a chunk arrive although the far end has gone meanwhile (seed 4)', async () => {
  const [near, far] = await open(4, 'bytes');
  const chunks: string[] = [];
  near.on('data', chunk => chunks.push(String(chunk)));
  far.write(TEXT, () => far.destroy());
  await once(near, 'close');
  expect(chunks.join('')).toBe(TEXT);
});

test('so they do although the line was lost with an error (seed 5)', async () => {
  const [left, far] = createMemoryPair();
  const near = await sliced({ seed: 5, mode: 'bytes' })({ name: 'memory:', open: async () => left }).open();
  const chunks: string[] = [];
  near.on('data', chunk => chunks.push(String(chunk)));
  left.once('data', () => left.destroy(Object.assign(new Error('gone'), { code: 'EIO' })));
  far.write(TEXT);
  await expect(once(near, 'close')).rejects.toMatchObject({ code: 'EIO' });
  expect(chunks.join('')).toBe(TEXT);
});
