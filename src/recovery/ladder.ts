/** The ladder of reliability.md 2.9 as a pure state machine: what was seen and when goes in, what to do comes out. */

/**
 * silent: nothing answers. offline: it answers, but has no network or no PDP context, although there is signal.
 * uncovered: and there is no signal either. hindered: the SIM waits for a PIN, or somebody else holds the port: nothing
 * that this program could mend.
 */
export type Condition = 'well' | 'silent' | 'offline' | 'uncovered' | 'hindered';

export interface Taken {
  readonly rung: number;
  readonly atMs: number;
}

export interface Ladder {
  /** The highest rung that was taken since the modem was last well for long; 0 if none. */
  readonly rung: number;
  readonly condition: Condition;
  readonly sinceMs: number;
  /** How often it answered, was opened and then answered no more, since it was last well for long. */
  readonly losses: number;
  /** Of the last 24 hours; the only part that outlives the process. */
  readonly taken: readonly Taken[];
}

/** One disruptive action; what stands higher is tried when what stands lower did not help. */
export interface Rung {
  readonly rung: number;
  readonly action: string;
  /** @param forMs how long the condition has lasted */
  isDue(ladder: Ladder, forMs: number): boolean;
  /** How long nothing else is tried. */
  readonly waitMs: number;
  readonly limit: { readonly times: number; readonly withinMs: number };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** For all rungs together. */
const MOST_A_DAY = 6;
const LONGEST_SPACING_MS = HOUR_MS;
const HEALTH_MS = 30 * MINUTE_MS;
const MOST_LOSSES = 3;

/** Rungs 1 and 2, fence and reopening, disturb nobody and need no decision. 5 to 7 would follow here. */
export const RUNGS: readonly Rung[] = [
  {
    rung: 3,
    action: 'radio',
    isDue: ({ condition }, forMs) =>
      (condition === 'offline' && forMs >= 10 * MINUTE_MS) ||
      (condition === 'uncovered' && forMs >= 30 * MINUTE_MS),
    waitMs: MINUTE_MS,
    limit: { times: 2, withinMs: HOUR_MS },
  },
  {
    rung: 4,
    action: 'reset',
    isDue: ({ condition, losses }, forMs) =>
      (condition === 'offline' && forMs >= 10 * MINUTE_MS) ||
      (losses >= MOST_LOSSES && condition !== 'uncovered' && condition !== 'hindered'),
    waitMs: 2 * MINUTE_MS,
    limit: { times: 3, withinMs: HOUR_MS },
  },
];

/** @param taken by earlier runs of the program, by the clock of this one */
export function createLadder(nowMs: number, taken: readonly Taken[] = []): Ladder {
  const last = taken.at(-1);
  const rung = last && nowMs - last.atMs < HEALTH_MS ? last.rung : 0;
  return { rung, condition: 'well', sinceMs: nowMs, losses: 0, taken };
}

export function observe(ladder: Ladder, condition: Condition, nowMs: number): Ladder {
  if (condition !== ladder.condition) return { ...ladder, condition, sinceMs: nowMs };
  const isCured = condition === 'well' && nowMs - ladder.sinceMs >= HEALTH_MS;
  return isCured ? { ...ladder, rung: 0, losses: 0 } : ladder;
}

/** A line that had been opened was given up, since commands were not answered. */
export const lose = (ladder: Ladder): Ladder => ({ ...ladder, losses: ladder.losses + 1 });

/** What is to be done now, if anything; the ladder that is returned counts it as done. */
export function decide(
  ladder: Ladder,
  nowMs: number,
  rungs: readonly Rung[] = RUNGS,
): { readonly ladder: Ladder; readonly rung?: Rung } {
  const due = rungs.filter(rung => rung.isDue(ladder, nowMs - ladder.sinceMs));
  if (due.length === 0) return { ladder };
  const higher = due.filter(({ rung }) => rung > ladder.rung);
  // Nothing has helped: from the bottom again, when it has lasted as long once more.
  if (higher.length === 0) return { ladder: { ...ladder, rung: 0, sinceMs: nowMs } };
  const taken = ladder.taken.filter(({ atMs }) => nowMs - atMs < DAY_MS);
  if (taken.length >= MOST_A_DAY || nowMs < earliestMs(taken, rungs)) return { ladder };
  const rung = higher.find(one => isWithinLimit(one, taken, nowMs));
  if (!rung) return { ladder };
  const { losses } = ladder;
  return {
    rung,
    ladder: {
      ...ladder,
      rung: rung.rung,
      losses: losses >= MOST_LOSSES ? 0 : losses,
      taken: [...taken, { rung: rung.rung, atMs: nowMs }],
    },
  };
}

/** 1, 2, 4 … 60 minutes after the last one, and not before that one had its time. */
function earliestMs(taken: readonly Taken[], rungs: readonly Rung[]): number {
  const last = taken.at(-1);
  if (!last) return Number.NEGATIVE_INFINITY;
  const spacingMs = Math.min(MINUTE_MS * 2 ** (taken.length - 1), LONGEST_SPACING_MS);
  const waitMs = rungs.find(({ rung }) => rung === last.rung)?.waitMs ?? 0;
  return last.atMs + Math.max(spacingMs, waitMs);
}

function isWithinLimit({ rung, limit }: Rung, taken: readonly Taken[], nowMs: number): boolean {
  const recent = taken.filter(one => one.rung === rung && nowMs - one.atMs < limit.withinMs);
  return recent.length < limit.times;
}
