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

/** What every modem has: those that it understands. */
const PLAIN = RUNGS.filter(({ rung }) => rung <= 4);
const ALARM = 7;
const isDisruptive = ({ rung }: Taken): boolean => rung < ALARM;

/** Watches through `minutes`, once each, and says what was done when. */
function run(
  minutes: number,
  see: (minute: number) => Condition,
  ladder: Ladder = createLadder(0),
  rungs: readonly Rung[] = PLAIN,
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
  expect(run(10, () => 'well', lost).taken).toEqual([{ rung: 4, atMs: 0 }]);
  expect(run(10, () => 'silent', lost).taken).toEqual([]);
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

test('a loss every 40 minutes for a week is no illness: they do not add up', () => {
  let ladder = createLadder(0);
  for (let minute = 0; minute < 7 * 24 * 60; minute++) {
    if (minute % 40 === 0) ladder = lose(ladder);
    const step = decide(observe(ladder, 'well', minute * MINUTE_MS), minute * MINUTE_MS);
    expect(step.rung).toBeUndefined();
    ladder = step.ladder;
    // Seen once by the look after it was opened again.
    if (minute % 40 === 0) ladder = { ...ladder, sinceMs: minute * MINUTE_MS };
  }
});

describe('all rungs', () => {
  const upTo = (minutes: number, condition: Condition, rungs = RUNGS): readonly Taken[] =>
    run(minutes, () => condition, createLadder(0), rungs).taken;
  const rungsOf = (taken: readonly Taken[]): number[] => taken.map(({ rung }) => rung);

  test('offline: one after the other, each after the wait of the one before', () => {
    expect(upTo(19, 'offline')).toEqual([
      { rung: 3, atMs: 10 },
      { rung: 4, atMs: 11 },
      { rung: 5, atMs: 13 },
      { rung: 6, atMs: 17 },
      { rung: 7, atMs: 18 },
    ]);
  });

  test('silent: USB after a minute, then power, then the alarm; nothing that it would have to understand', () => {
    expect(upTo(4, 'silent')).toEqual([
      { rung: 5, atMs: 1 },
      { rung: 6, atMs: 2 },
      { rung: 7, atMs: 3 },
    ]);
    expect(rungsOf(upTo(24 * 60, 'silent'))).not.toContain(3);
  });

  test('a port that is back within a minute is left alone', () => {
    const { taken } = run(60, minute => (minute % 2 ? 'well' : 'silent'), createLadder(0), RUNGS);
    expect(taken).toEqual([]);
  });

  test.each([3, 4, 5, 6])('without rung %i the others are taken', off => {
    const others = RUNGS.filter(({ rung }) => rung !== off);
    const taken = rungsOf(upTo(20, 'offline', others));
    expect(taken.slice(0, 4)).toEqual([3, 4, 5, 6, 7].filter(rung => rung !== off));
  });

  test('silent and nothing may be done about it: an alarm after ten minutes, then one an hour', () => {
    const taken = upTo(240, 'silent', PLAIN.concat(RUNGS.filter(({ rung }) => rung === ALARM)));
    expect(taken.map(({ atMs }) => atMs)).toEqual([10, 70, 130, 190]);
  });

  test('the six of a day are used up: an alarm all the same, and one an hour', () => {
    const { taken } = run(24 * 60, offline, createLadder(0), RUNGS);
    expect(taken.filter(isDisruptive)).toHaveLength(6);
    const alarms = taken.filter(one => !isDisruptive(one));
    expect(alarms.length).toBeGreaterThan(20);
    for (const [at, { atMs }] of alarms.entries())
      expect(atMs - (alarms[at - 1]?.atMs ?? -60)).toBeGreaterThanOrEqual(60);
  });

  test.each(['uncovered', 'hindered', 'well'] as const)('%s: nothing above rung 3', condition => {
    expect(rungsOf(upTo(12 * 60, condition)).filter(rung => rung > 3)).toEqual([]);
  });

  test('what an action sets off is no illness of its own', () => {
    const gone = (minute: number): Condition => (minute === 12 ? 'silent' : 'offline');
    expect(rungsOf(run(19, gone, createLadder(0), RUNGS).taken)).toEqual([3, 4, 5, 6, 7]);
  });
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
      if (step.rung && step.rung.rung < ALARM) taken.push({ rung: step.rung.rung, atMs: now });
    }
    expect(taken.length).toBeGreaterThan(10);
    taken.forEach(({ atMs }, index) => {
      const day = taken.filter(one => one.atMs > atMs - 24 * HOUR_MS && one.atMs <= atMs);
      expect(day.length).toBeLessThanOrEqual(6);
      if (index > 0) expect(atMs - (taken[index - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(MINUTE_MS);
    });
  });
});
