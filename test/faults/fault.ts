/** Faults and their schedule: which, where and when, all from one seed. */
import { createRandom, type Random } from '../../src/util/random.ts';

export const DIALECTS = ['sequans', 'quectel-qfwd'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** Where a fault strikes: at a byte of one direction, at something the modem says, at anything it says. */
export const FAULTS = {
  'byte-in-lost': 'bytesIn',
  'byte-in-doubled': 'bytesIn',
  'byte-in-altered': 'bytesIn',
  'byte-out-lost': 'bytesOut',
  'byte-out-doubled': 'bytesOut',
  'byte-out-altered': 'bytesOut',
  'answer-late': 'results',
  'answer-lost': 'results',
  'answer-doubled': 'results',
  'info-lost': 'infos',
  'data-late': 'data',
  'data-lost': 'data',
  'data-doubled': 'data',
  'hostile-length': 'data',
  'prompt-late': 'prompts',
  'prompt-lost': 'prompts',
  'prompt-doubled': 'prompts',
  'urc-lost': 'urcs',
  'urc-doubled': 'urcs',
  'urc-late': 'urcs',
  'urc-false': 'sayings',
  'urc-flood': 'sayings',
  'urc-damaged': 'sayings',
  'reboot-loud': 'sayings',
  'reboot-silent': 'sayings',
  'port-vanishes': 'sayings',
  stall: 'sayings',
  'modem-slow': 'sayings',
  'coverage-lost': 'sayings',
  'context-lost': 'sayings',
} as const;

/** What a sweep goes through, one after the other: chunks read from the port and written to it, bytes, our own timers. */
export const POINTS = {
  read: 'reads',
  write: 'writes',
  timer: 'timers',
  'byte-in': 'bytesIn',
  'byte-out': 'bytesOut',
} as const;
export type Point = keyof typeof POINTS;

/** How each of them fails. */
export const WAYS = ['lost', 'doubled', 'altered', 'late', 'closed', 'urc'] as const;
export type Way = (typeof WAYS)[number];

export type ScheduledName = keyof typeof FAULTS;
export type FaultName = ScheduledName | `${Point}-${Way}`;
export type Counter = (typeof FAULTS)[ScheduledName] | (typeof POINTS)[Point];

export const noCounts = (): Record<Counter, number> => ({
  reads: 0,
  writes: 0,
  timers: 0,
  bytesIn: 0,
  bytesOut: 0,
  results: 0,
  infos: 0,
  data: 0,
  prompts: 0,
  urcs: 0,
  sayings: 0,
});

export function counterOf(name: FaultName): Counter {
  const place = placeOf(name);
  return place ? POINTS[place.point] : FAULTS[name as ScheduledName];
}

/** Of those that a sweep knows. */
export function placeOf(name: FaultName): { readonly point: Point; readonly way: Way } | undefined {
  const [, point, way] = /^(read|write|timer|byte-in|byte-out)-(\w+)$/.exec(name) ?? [];
  return point && way ? { point: point as Point, way: way as Way } : undefined;
}

export interface Fault {
  readonly name: FaultName;
  /** At which one, counted from the moment the modem is open. */
  readonly at: number;
  /** Milliseconds, for those that take time. */
  readonly ms: number;
  /** For those that choose among forms. */
  readonly choice: number;
}

/** About how many there are in a schedule: where its faults are placed. */
const REACH: Readonly<Record<(typeof FAULTS)[ScheduledName], number>> = {
  bytesIn: 12_000,
  bytesOut: 12_000,
  results: 160,
  infos: 80,
  data: 30,
  prompts: 30,
  urcs: 30,
  sayings: 350,
};

/** Just late, later than any time-out of the driver, and in between. */
const DELAYS_MS = [20, 500, 2_500, 4_000, 9_990, 10_010, 14_990, 15_500, 22_000, 50_000];

/** Doubtful points of the firmware that go with each other, beside the faults of the line. */
const SWITCHES: Readonly<Record<DialectName, readonly string[]>> = {
  sequans: [
    'ring-when-empty',
    'ring-total',
    'lost-ring',
    'send-buffer-full',
    'recv-short',
    'ok-before-connected',
    'close-in-recv',
    'close-unannounced',
    'close-echoed',
    'close-closed-error',
    'recv-empty-error',
    'first-prompt-refused',
    'urc-before-prompt',
    'urc-after-prompt',
    'urc-after-payload',
    'urc-between-lines',
    'urc-before-result',
    'no-s-registers',
    'no-sqnsi',
    'prompt-without-crlf',
  ],
  'quectel-qfwd': [
    'partial-sends',
    'send-full-error',
    'recv-short',
    'urc-before-ok',
    'close-urc-on-local-close',
    'urc-before-prompt',
    'urc-after-prompt',
    'urc-after-payload',
    'urc-between-lines',
    'urc-before-result',
    'no-s-registers',
    'esc-ignored',
    'prompt-without-crlf',
  ],
};

export interface Schedule {
  readonly seed: number;
  readonly dialect: DialectName;
  readonly faults: readonly Fault[];
  readonly switches: readonly string[];
  /** Milliseconds the modem takes for every command. */
  readonly latency: number;
  readonly workload: Workload;
  /** Counting them costs a stack for each. */
  readonly countsTimers?: true;
}

/** What passes meanwhile. */
export interface Workload {
  /** Programs side by side, each with one stream after the other. */
  readonly lanes: number;
  readonly streamsPerLane: number;
  /** Of most streams, each way; one in eight has up to `longest`. */
  readonly usualBytes: number;
  readonly longestBytes: number;
  readonly datagrams: number;
  readonly queries: number;
  readonly names: number;
}

const USUAL: Workload = {
  lanes: 2,
  streamsPerLane: 2,
  usualBytes: 4_000,
  longestBytes: 30_000,
  datagrams: 10,
  queries: 8,
  names: 4,
};

/** As reliability.md 2.1 has it: one in so many, since it takes as long as ten of the others. */
const FULL_EVERY = 20;
const FULL: Workload = {
  lanes: 4,
  streamsPerLane: 1,
  usualBytes: 65_536,
  longestBytes: 65_536,
  datagrams: 200,
  queries: 20,
  names: 20,
};
/** In a full workload there are so many more places for a fault. */
const FULL_REACH = 10;

const MOST_FAULTS = 20;
const FEW_FAULTS = 6;

const LATENCIES_MS = [0, 0, 0, 5, 200, 1_500];

export function createSchedule(dialect: DialectName, seed: number): Schedule {
  const random = createRandom(seed);
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 8; skipped++) random(2);
  const names = Object.keys(FAULTS) as ScheduledName[];
  const isFull = random(FULL_EVERY) === 0;
  // Few as well: what one fault leaves is not hidden by the next.
  const most = isFull || random(3) === 0 ? MOST_FAULTS : FEW_FAULTS;
  const faults = Array.from({ length: 1 + random(most) }, () =>
    createFault(pick(names, random), random, isFull ? FULL_REACH : 1),
  );
  const switches = SWITCHES[dialect].filter(() => random(8) === 0);
  return {
    seed,
    dialect,
    faults,
    switches,
    latency: pick(LATENCIES_MS, random),
    workload: isFull ? FULL : USUAL,
  };
}

function createFault(name: ScheduledName, random: Random, reach: number): Fault {
  // Twice by chance: more of them early, since connections die of faults and schedules get shorter.
  const at = random(1 + random(REACH[FAULTS[name]] * reach));
  return { name, at, ms: pick(DELAYS_MS, random), choice: random(1_000) };
}

export function pick<T>(from: readonly T[], random: Random): T {
  const found = from[random(from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}
