/** Who asks for more time gets it, for a quarter of an hour in all. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from '../../../src/at/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a modem whose "not yet" never ends is given up; what is waited for next has a quarter of an hour again', () => {
  const patience = new Patience();
  for (let round = 0; round < 2; round++) {
    let late = 0;
    patience.start(30_000, () => late++);
    let asked = 0;
    while (late === 0 && asked < 10_000) {
      vi.advanceTimersByTime(1_500);
      patience.renew();
      asked++;
    }
    // The last time it is granted is before the end, and then 30 s pass.
    expect(asked).toBe(900_000 / 1_500 - 1 + 30_000 / 1_500);
  }
});

test('what has come is not late', () => {
  const patience = new Patience();
  patience.start(1_000, () => expect.unreachable())();
  vi.advanceTimersByTime(2_000);
});
