/** The sweep: in a small workload every read, write, timer and byte fails once, in each way (after gensio's n-th allocation). */
import {
  type DialectName,
  type Fault,
  POINTS,
  type Point,
  type Schedule,
  WAYS,
  type Workload,
} from './fault.ts';
import { type Report, runSchedule } from './run-schedule.ts';

const NOTHING: Workload = {
  lanes: 0,
  streamsPerLane: 1,
  usualBytes: 60,
  longestBytes: 60,
  datagrams: 0,
  queries: 0,
  names: 0,
};

/** Small, since each is run as often as it has bytes, six times over. */
export const WORKLOADS: Readonly<Record<string, Workload>> = {
  stream: { ...NOTHING, lanes: 1 },
  datagrams: { ...NOTHING, datagrams: 2 },
  queries: { ...NOTHING, queries: 2, names: 2 },
};

/** Its stream has data both ways. */
const SEED = 8;
/** Later than every time-out of a driver that the workloads wait for. */
const LATE_MS = 50_000;
/** A Node timer fires once: it may be early or late, but is neither lost nor doubled. */
const isPossible = (point: Point, way: string): boolean =>
  point !== 'timer' || (way !== 'lost' && way !== 'doubled');

export interface Sweep {
  readonly dialect: DialectName;
  readonly workload: string;
}

/** One place of a sweep, and whether the fault was made there. */
export interface Stroke {
  readonly fault: Fault;
  readonly schedule: Schedule;
}

function scheduleOf({ dialect, workload }: Sweep, faults: readonly Fault[]): Schedule {
  return {
    seed: SEED,
    dialect,
    faults,
    switches: [],
    latency: 0,
    workload: WORKLOADS[workload] ?? NOTHING,
    countsTimers: true,
  };
}

/** Every place of one workload, in order. How many there are, a run without faults tells. */
export async function strokesOf(sweep: Sweep): Promise<Stroke[]> {
  const { counts } = await runSchedule(scheduleOf(sweep, []));
  const strokes: Stroke[] = [];
  for (const point of Object.keys(POINTS) as Point[])
    for (const way of WAYS)
      for (let at = 0; at < counts[POINTS[point]] && isPossible(point, way); at++) {
        const fault: Fault = { name: `${point}-${way}`, at, ms: LATE_MS, choice: at };
        strokes.push({ fault, schedule: scheduleOf(sweep, [fault]) });
      }
  return strokes;
}

/** What is wrong; a place that was not reached is, too. */
export async function strike({ fault, schedule }: Stroke, trace?: (line: string) => void): Promise<string[]> {
  const { made, spared, violations }: Report = await runSchedule(schedule, trace);
  const isReached = made.length + spared === 1;
  return isReached ? [...violations] : [...violations, `${fault.name} ${fault.at} was not reached`];
}
