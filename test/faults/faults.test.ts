/** A share of the fault schedules in every run: the invariants of reliability.md 2.1 hold in each of them. */
import { describe, expect, test } from 'vitest';
import { DIALECTS } from './fault.ts';
import { runSchedule } from './run-schedule.ts';

const FIRST = 1;
const SCHEDULES = 200;
const GROUP = 20;

const groups = Array.from({ length: SCHEDULES / GROUP }, (_, group) => FIRST + group * GROUP);

describe.each(DIALECTS)('%s', dialect => {
  test.each(groups)(`${GROUP} schedules from seed %d`, async first => {
    for (let seed = first; seed < first + GROUP; seed++) {
      const { violations } = await runSchedule(dialect, seed);
      expect(violations, `npm run faults -- --dialect ${dialect} --seed ${seed} --count 1 --trace`).toEqual(
        [],
      );
    }
  });

  test('a schedule replays itself', async () => {
    const [first, second] = [await runSchedule(dialect, 11), await runSchedule(dialect, 11)];
    expect(second).toEqual(first);
  });
});
