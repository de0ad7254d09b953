/** The ladder alone: conditions and times in, actions out. */
import { describe, expect, test } from 'vitest';
import {
  type Condition,
  createLadder,
  decide,
  type Ladder,
  lose,
  observe,
  RUNGS,
  type Rung,
  type Taken,
} from '../../../src/recovery/ladder.ts';
import { createRandom } from '../../../src/util/random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Watches through `minutes`, once each, and says what was done when. */
function run(
  minutes: number,
  see: (minute: number) => Condition,
  ladder: Ladder = createLadder(0),
  rungs: readonly Rung[] = RUNGS,
): { readonly taken: readonly Taken[]; readonly ladder: Ladder } {
  const taken: Taken[] = [];
  let now = ladder;
  for (let minute = 0; minute < minutes; minute++) {
    const step = decide(observe(now, see(minute), minute * MINUTE_MS), minute * MINUTE_MS, rungs);
    now = step.ladder;
    if (step.rung) taken.push({ rung: step.rung.rung, atMs: minute });
  }
  return { taken, ladder: now };
}

const offline = (): Condition => 'offline';

test.each(['well', 'silent', 'hindered'] as const)('nothing disruptive is done about %s', condition => {
  expect(run(24 * 60, () => condition).taken).toEqual([]);
});

test('offline: radio after 10 minutes, reset when that did not help', () => {
  expect(run(12, offline).taken).toEqual([
    { rung: 3, atMs: 10 },
    { rung: 4, atMs: 11 },
  ]);
});

test('without signal: nothing for 30 minutes, and never a reset', () => {
  const { taken } = run(12 * 60, () => 'uncovered');
  expect(taken[0]).toEqual({ rung: 3, atMs: 30 });
  expect(new Set(taken.map(({ rung }) => rung))).toEqual(new Set([3]));
  expect(taken.length).toBeLessThanOrEqual(6);
});

test('a day without help: six actions, ever farther apart than 1, 2, 4 … minutes, and limits per hour', () => {
  const { taken } = run(24 * 60, offline);
  expect(taken).toHaveLength(6);
  taken.forEach(({ atMs }, index) => {
    const before = taken[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY;
    expect(atMs - before).toBeGreaterThanOrEqual(2 ** (index - 1));
  });
  for (const { rung, limit } of RUNGS)
    for (const { atMs } of taken) {
      const within = taken.filter(one => one.rung === rung && one.atMs >= atMs && one.atMs < atMs + 60);
      expect(within.length).toBeLessThanOrEqual(limit.times);
    }
});

test('the next day it begins again', () => {
  expect(run(49 * 60, offline).taken.length).toBeGreaterThan(6);
});

test('three lines lost one after the other: a reset, once', () => {
  const lost = [1, 2, 3].reduce(lose, createLadder(0));
  expect(run(10, () => 'silent', lost).taken).toEqual([{ rung: 4, atMs: 0 }]);
  expect(run(10, () => 'well', lose(lose(createLadder(0)))).taken).toEqual([]);
  expect(run(10, () => 'hindered', lost).taken).toEqual([]);
});

test('losses are forgotten after half an hour of health, and the ladder stands at its foot', () => {
  const sick = { ...createLadder(0), rung: 3, losses: 2 };
  expect(run(30, () => 'well', sick).ladder).toMatchObject({ rung: 3, losses: 2 });
  expect(run(31, () => 'well', sick).ladder).toMatchObject({ rung: 0, losses: 0 });
});

test('sick again before that: it goes on where it was', () => {
  const { taken } = run(40, minute => (minute < 11 || minute > 20 ? 'offline' : 'well'));
  expect(taken).toEqual([
    { rung: 3, atMs: 10 },
    { rung: 4, atMs: 31 },
  ]);
});

test('what earlier runs of the program did counts', () => {
  const taken = [1, 2, 3, 4, 5, 6].map(hour => ({ rung: 3, atMs: -hour * HOUR_MS }));
  expect(run(17 * 60, offline, createLadder(0, taken.reverse())).taken).toEqual([]);
  const { taken: later } = run(26 * 60, offline, createLadder(0, taken));
  expect(later[0]?.atMs).toBeGreaterThanOrEqual(18 * 60);
});

test('issue 9 may add rungs', () => {
  const higher: Rung = {
    rung: 5,
    action: 'usb',
    isDue: ({ condition }, forMs) => condition === 'silent' && forMs >= 5 * MINUTE_MS,
    waitMs: MINUTE_MS,
    limit: { times: 2, withinMs: HOUR_MS },
  };
  const { taken } = run(8, () => 'silent', createLadder(0), [...RUNGS, higher]);
  expect(taken).toEqual([{ rung: 5, atMs: 5 }]);
});

describe('whatever is seen, whenever', () => {
  const CONDITIONS: readonly Condition[] = ['well', 'silent', 'offline', 'uncovered', 'hindered'];
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: the limits hold over ten days', seed => {
    const random = createRandom(seed);
    let condition: Condition = 'well';
    let ladder = createLadder(0);
    const taken: Taken[] = [];
    for (let now = 0; now < 240 * HOUR_MS; now += 1_000 * (1 + random(120))) {
      if (random(20) === 0) condition = CONDITIONS[random(CONDITIONS.length)] ?? 'well';
      if (random(100) === 0) ladder = lose(ladder);
      // The program is started again, with what the file says.
      if (random(200) === 0) ladder = createLadder(now, ladder.taken);
      const step = decide(observe(ladder, condition, now), now);
      ladder = step.ladder;
      if (step.rung) taken.push({ rung: step.rung.rung, atMs: now });
    }
    expect(taken.length).toBeGreaterThan(10);
    taken.forEach(({ atMs }, index) => {
      const day = taken.filter(one => one.atMs > atMs - 24 * HOUR_MS && one.atMs <= atMs);
      expect(day.length).toBeLessThanOrEqual(6);
      if (index > 0) expect(atMs - (taken[index - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(MINUTE_MS);
    });
  });
});
