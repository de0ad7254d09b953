/** The ladder of reliability.md 2.9 as a pure state machine: what was seen and when goes in, what to do comes out. */

/**
 * silent: nothing answers, or the port is not there. offline: it answers, but has no network or no PDP context, although
 * there is signal. uncovered: and there is no signal either. hindered: the SIM waits for a PIN, or somebody else holds
 * the port: nothing that this program could mend.
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

/** What the rungs from 3 on do; all but the last disturb. */
export type Action = 'radio' | 'reset' | 'usb' | 'power' | 'alarm';

/** One action; what stands higher is tried when what stands lower did not help. */
export interface Rung {
  readonly rung: number;
  readonly action: Action;
  /** @param forMs how long the condition has lasted */
  isDue(ladder: Ladder, forMs: number): boolean;
  /** How long nothing else is tried. */
  readonly waitMs: number;
  readonly limit: { readonly times: number; readonly withinMs: number };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** For all disruptive ones together. */
const MOST_A_DAY = 6;
const LONGEST_SPACING_MS = HOUR_MS;
const HEALTH_MS = 30 * MINUTE_MS;
const MOST_LOSSES = 3;
/** How long a search for the network may take. */
const PATIENCE_MS = 10 * MINUTE_MS;
/** How long a modem that restarts may be away. */
const REENUMERATION_MS = MINUTE_MS;
/** To call for help disturbs nobody. */
const ALARM = 7;

const isOffline = ({ condition }: Ladder, forMs: number): boolean =>
  condition === 'offline' && forMs >= PATIENCE_MS;

/** Told by the second round of rung 2 that fails, at the earliest. */
const isDead = ({ condition }: Ladder, forMs: number): boolean =>
  condition === 'silent' && forMs >= REENUMERATION_MS;

/** Rungs 1 and 2, fence and reopening, disturb nobody and need no decision. */
export const RUNGS: readonly Rung[] = [
  {
    rung: 3,
    action: 'radio',
    isDue: (ladder, forMs) =>
      isOffline(ladder, forMs) || (ladder.condition === 'uncovered' && forMs >= 30 * MINUTE_MS),
    waitMs: MINUTE_MS,
    limit: { times: 2, withinMs: HOUR_MS },
  },
  {
    rung: 4,
    action: 'reset',
    isDue: (ladder, forMs) =>
      isOffline(ladder, forMs) ||
      (ladder.losses >= MOST_LOSSES && (ladder.condition === 'well' || ladder.condition === 'offline')),
    waitMs: 2 * MINUTE_MS,
    limit: { times: 3, withinMs: HOUR_MS },
  },
  {
    rung: 5,
    action: 'usb',
    isDue: (ladder, forMs) => isOffline(ladder, forMs) || isDead(ladder, forMs),
    waitMs: REENUMERATION_MS,
    limit: { times: 2, withinMs: HOUR_MS },
  },
  {
    rung: 6,
    action: 'power',
    isDue: (ladder, forMs) => isOffline(ladder, forMs) || isDead(ladder, forMs),
    waitMs: MINUTE_MS,
    limit: { times: 1, withinMs: HOUR_MS },
  },
  {
    rung: ALARM,
    action: 'alarm',
    // At once where something was tried in vain, else when there was time for it to mend itself.
    isDue: (ladder, forMs) =>
      isOffline(ladder, forMs) || (isDead(ladder, forMs) && (ladder.rung > 0 || forMs >= PATIENCE_MS)),
    waitMs: 0,
    limit: { times: 1, withinMs: HOUR_MS },
  },
];

/** @param taken by earlier runs of the program, by the clock of this one */
export function createLadder(nowMs: number, taken: readonly Taken[] = []): Ladder {
  const last = taken.at(-1);
  const rung = last && nowMs - last.atMs < HEALTH_MS ? last.rung : 0;
  return { rung, condition: 'well', sinceMs: nowMs, losses: 0, taken };
}

export function observe(ladder: Ladder, condition: Condition, nowMs: number): Ladder {
  // What an action has set off is no new illness while that action has its time.
  if (condition !== 'well' && nowMs < waitEndMs(ladder.taken)) return ladder;
  if (condition !== ladder.condition) return { ...ladder, condition, sinceMs: nowMs };
  const isCured = condition === 'well' && nowMs - ladder.sinceMs >= HEALTH_MS;
  return isCured ? { ...ladder, rung: 0, losses: 0 } : ladder;
}

/** A line that had been opened was given up, since commands were not answered. */
export const lose = (ladder: Ladder): Ladder => ({ ...ladder, losses: ladder.losses + 1 });

/**
 * What is to be done now, if anything; the ladder that is returned counts it as done.
 * @param rungs those that may be used
 */
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
  const rung = higher.find(one => isWithinLimits(one, taken, nowMs));
  if (!rung || nowMs < earliestMs(rung, taken)) return { ladder };
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

const isDisruptive = ({ rung }: { readonly rung: number }): boolean => rung < ALARM;

/** Not before the last action had its time; and what disturbs 1, 2, 4 … 60 minutes after the last of its kind. */
function earliestMs(rung: Rung, taken: readonly Taken[]): number {
  const disruptive = taken.filter(isDisruptive);
  const last = disruptive.at(-1);
  if (!last || !isDisruptive(rung)) return waitEndMs(taken);
  const spacingMs = Math.min(MINUTE_MS * 2 ** (disruptive.length - 1), LONGEST_SPACING_MS);
  return Math.max(last.atMs + spacingMs, waitEndMs(taken));
}

function waitEndMs(taken: readonly Taken[]): number {
  const last = taken.findLast(isDisruptive);
  const waitMs = RUNGS.find(({ rung }) => rung === last?.rung)?.waitMs ?? 0;
  return last ? last.atMs + waitMs : Number.NEGATIVE_INFINITY;
}

function isWithinLimits(rung: Rung, taken: readonly Taken[], nowMs: number): boolean {
  const { times, withinMs } = rung.limit;
  const recent = taken.filter(one => one.rung === rung.rung && nowMs - one.atMs < withinMs);
  const isAffordable = !isDisruptive(rung) || taken.filter(isDisruptive).length < MOST_A_DAY;
  return isAffordable && recent.length < times;
}
