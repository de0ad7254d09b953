/** Chunk borders: nothing is lost, and a seed cuts the same way each time. */
import { describe, expect, it } from 'vitest';
import { createSlicer } from './slices.ts';

const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));

describe('createSlicer', () => {
  it.each(['whole', 'bytes', { seed: 1 }, { seed: 2 }] as const)('loses nothing: %j', slicing => {
    expect(Buffer.concat(createSlicer(slicing)(BYTES))).toEqual(BYTES);
    expect(createSlicer(slicing)(Buffer.alloc(0))).toEqual([]);
  });

  it('cuts as it says', () => {
    expect(createSlicer('whole')(BYTES)).toHaveLength(1);
    expect(createSlicer('bytes')(BYTES)).toHaveLength(1_000);
    const lengths = createSlicer({ seed: 5 })(BYTES).map(chunk => chunk.length);
    expect(new Set(lengths).size).toBeGreaterThan(3);
    expect(createSlicer({ seed: 5 })(BYTES).map(chunk => chunk.length)).toEqual(lengths);
    expect(createSlicer({ seed: 6 })(BYTES).map(chunk => chunk.length)).not.toEqual(lengths);
  });
});
