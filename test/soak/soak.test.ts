/** A soak of a few seconds: it runs, everything is given back, and its verdict sees what is not. */
import { expect, test } from 'vitest';
import { DIALECTS } from '../faults/fault.ts';
import { soak } from './soak.ts';

const options = { laps: 2, lapMs: 1_500, faultEveryMs: 700, seed: 1 };

test.each(DIALECTS)('%s', async dialect => {
  // Not those that take time-outs, which are longer than this test.
  const faults = ['data-byte-lost', 'urc-lost', 'urc-doubled', 'restart', 'port-vanishes'] as const;
  const { laps, problems } = await soak({ ...options, dialect, faults });
  expect(problems).toEqual([]);
  expect(laps).toHaveLength(2);
  expect(laps.at(-1)?.faults).toBeGreaterThan(0);
  expect(laps.at(-1)?.whole).toBeGreaterThan(10);
});
