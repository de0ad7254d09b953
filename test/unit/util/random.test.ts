/** The seeded generator: the same from the same seed, in range, and not all alike. */
import { expect, test } from 'vitest';
import { createRandom } from '../../../src/util/random.ts';

const take = (seed: number, below: number, count = 1000): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random(below));
};

test('the same seed gives the same numbers, another seed others', () => {
  expect(take(1, 256)).toEqual(take(1, 256));
  expect(take(1, 256)).not.toEqual(take(2, 256));
});

test.each([1, 2, 10, 256])('all values below %i come up, about equally often (seed 3)', below => {
  const counts = new Map<number, number>();
  for (const value of take(3, below, below * 1000)) counts.set(value, (counts.get(value) ?? 0) + 1);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(
    Array.from({ length: below }, (_, value) => value),
  );
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
});
