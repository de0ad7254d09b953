/** A share of the fault schedules in every run: the invariants of reliability.md 2.1 hold in each of them. */
import { describe, expect, test } from 'vitest';
import { createSchedule, type DialectName } from './fault.ts';
import { runSchedule } from './run-schedule.ts';

const FIRST = 1;
const SCHEDULES = 1_000;
const GROUP = 50;
/** One that is given up goes on in its own time, and spoils that of the next. */
const GROUP_LIMIT_MS = 300_000;

/** Each was once a violation, of an earlier order of faults or of this one. */
const REGRESSIONS: Readonly<Record<DialectName, Readonly<Record<string, number>>>> = {
  sequans: {
    'a silent reboot behind a read of a register': 1078,
    'the context is lost while the modem is being opened': 615,
    'a modem that says its registration with each answer is asked without end': 675,
  },
  'quectel-qfwd': {
    'a close that was damaged on its way is not believed': 122,
    'a read and the look behind it are damaged on their way': 5801,
    'a line of the table of sockets is lost at the start': 7763,
    'a datagram waits to be sent when the context is lost': 6180,
  },
};

const groups = Array.from({ length: SCHEDULES / GROUP }, (_, group) => FIRST + group * GROUP);

/** In a file for each dialect, so that two cores share them. */
export function testSchedules(dialect: DialectName): void {
  const survives = async (seed: number): Promise<void> => {
    const { violations } = await runSchedule(createSchedule(dialect, seed));
    expect(violations, `npm run faults -- --dialect ${dialect} --seed ${seed} --count 1 --trace`).toEqual([]);
  };

  describe(dialect, () => {
    test.each(Object.entries(REGRESSIONS[dialect]))('%s: seed %d', (_, seed) => survives(seed));

    test.each(groups)(
      `${GROUP} schedules from seed %d`,
      async first => {
        for (let seed = first; seed < first + GROUP; seed++) await survives(seed);
      },
      GROUP_LIMIT_MS,
    );

    test('a schedule replays itself', async () => {
      const schedule = createSchedule(dialect, 11);
      const first = await runSchedule(schedule);
      expect(await runSchedule(schedule)).toEqual(first);
    });
  });
}
