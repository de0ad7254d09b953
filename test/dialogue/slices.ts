/** Chunk borders: the same bytes in one piece, one by one, or cut at seeded random places. */

import { createRandom } from '../../src/util/random.ts';

export type Slicing = 'whole' | 'bytes' | { readonly seed: number };

/** Long enough that some lines stay whole. */
const LONGEST_CHUNK_BYTES = 24;

/** For the names of tests: "seed 7". */
export function describeSlicing(slicing: Slicing): string {
  return typeof slicing === 'string' ? slicing : `seed ${slicing.seed}`;
}

/** A function that cuts, with a memory of its own: the same seed cuts the same dialogue at the same places. */
export function createSlicer(slicing: Slicing): (bytes: Buffer) => Buffer[] {
  if (slicing === 'whole') return bytes => (bytes.length > 0 ? [bytes] : []);
  const random = slicing === 'bytes' ? () => 0 : createRandom(slicing.seed);
  return bytes => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const chunk = bytes.subarray(at, at + 1 + random(LONGEST_CHUNK_BYTES));
      chunks.push(chunk);
      at += chunk.length;
    }
    return chunks;
  };
}
