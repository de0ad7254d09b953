/** A share of the sweep: every so manieth place of each small workload fails, and is reached. */
import { expect, test } from 'vitest';
import { DIALECTS } from './fault.ts';
import { strike, strokesOf, WORKLOADS } from './sweep.ts';

/** Prime, so that one run after the other meets every point and every way. */
const STRIDE = 97;
const FIRST = 13;
const LIMIT_MS = 120_000;

test.each(DIALECTS.flatMap(dialect => Object.keys(WORKLOADS).map(workload => ({ dialect, workload }))))(
  `$dialect, $workload: one place in ${STRIDE} from ${FIRST}`,
  async sweep => {
    const strokes = await strokesOf(sweep);
    const share = strokes.filter((_, index) => index % STRIDE === FIRST);
    expect(share.length).toBeGreaterThan(5);
    for (const stroke of share) {
      const { name, at } = stroke.fault;
      expect(await strike(stroke), `${name} ${at}`).toEqual([]);
    }
  },
  LIMIT_MS,
);
