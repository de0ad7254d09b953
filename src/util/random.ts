/** A tiny random number generator that repeats itself exactly from the same seed. Not for secrets. */

/** Gives whole numbers from 0 to `below - 1`. */
export type Random = (below: number) => number;

/** The mulberry32 generator: 32 bits of state, good enough to cut streams and fill buffers. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
