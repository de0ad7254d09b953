/** A soak: programs work on one modem for a long time while things go wrong; each lap ends quiet and is measured. */
import { once } from 'node:events';
import { Modem } from '../../src/index.ts';
import { createSim } from '../../src/sim/index.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { type DialectName, pick } from '../faults/fault.ts';
import { type Sample, takeSample } from './sample.ts';
import { createJobs, type Job, NAME } from './soak-jobs.ts';
import { SOAK_FAULTS, type SoakFault, SoakLine } from './soak-line.ts';

export interface SoakOptions {
  readonly dialect: DialectName;
  readonly laps: number;
  readonly lapMs: number;
  /** The mean time between two faults. */
  readonly faultEveryMs: number;
  readonly seed: number;
  readonly faults?: readonly SoakFault[];
}

export interface Lap extends Sample {
  /** Sockets in the simulator's own table, and in that of the driver. */
  readonly table: number;
  readonly connections: number;
  /** So far. */
  readonly rounds: number;
  readonly whole: number;
  readonly faults: number;
  readonly recoveries: number;
  readonly lineBytes: number;
}

export interface Verdict {
  readonly laps: readonly Lap[];
  readonly problems: readonly string[];
}

/** Fast enough for some hundred rounds a minute, and a few per cent of a processor. */
const BAUD = 460_800;
/** Memory is compared from here on: until then caches fill and code is compiled. */
const WARM_LAPS = 5;
const HEAP_GROWTH_BYTES = 5 << 20;
/** Behind the last round: a lost modem is ready again, late URCs and closes are through. */
const SETTLE_MS = 120_000;
const LOOK_MS = 250;

export async function soak(options: SoakOptions, tell: (lap: Lap) => void = () => {}): Promise<Verdict> {
  const stray: string[] = [];
  const catchStray = (error: unknown): void =>
    void stray.push(error instanceof Error ? `${error.stack}` : `${error}`);
  const strays = ['unhandledRejection', 'uncaughtException', 'warning'] as const;
  for (const event of strays) process.on(event, catchStray);
  const run = new Soak(options);
  try {
    const laps = await run.laps(tell);
    return { laps, problems: [...run.violations, ...stray, ...judge(laps)] };
  } finally {
    await run.close();
    for (const event of strays) process.off(event, catchStray);
  }
}

class Soak {
  readonly violations: string[] = [];
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #sim;
  readonly #line: SoakLine;
  readonly #modem: Modem;
  readonly #counts = { rounds: 0, whole: 0, faults: 0 };

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#sim = createSim({ commandSet: options.dialect, baud: BAUD, host: { [NAME]: '127.0.0.1' } });
    this.#line = new SoakLine(this.#sim);
    const opened = async () => ({ options: {}, createTransport: async () => this.#line.transport });
    this.#modem = new Modem(opened);
  }

  async laps(tell: (lap: Lap) => void): Promise<Lap[]> {
    await this.#modem.open();
    const jobs = await createJobs(this.#modem, () => this.#ready());
    const laps: Lap[] = [];
    for (let lap = 0; lap < this.#options.laps; lap++) {
      await this.#work([jobs.stream, jobs.stream, jobs.datagrams, jobs.server, jobs.questions]);
      await this.#settle();
      const measured = await this.#measure();
      tell(measured);
      laps.push(measured);
    }
    return laps;
  }

  async close(): Promise<void> {
    await this.#modem.close();
    await this.#sim.close();
  }

  /** Each job round after round, until the lap is over. */
  async #work(jobs: readonly Job[]): Promise<void> {
    const over = performance.now() + this.#options.lapMs;
    const faults = this.#strikeNext();
    await Promise.all(
      jobs.map(async job => {
        const random = createRandom(this.#random(2 ** 31));
        while (performance.now() < over) {
          await this.#ready();
          const { violations, whole } = await job(random);
          this.violations.push(...violations);
          this.#counts.rounds++;
          if (whole) this.#counts.whole++;
          // What fails at once would leave no turn of the event loop to anybody else.
          else await new Promise(resolve => setTimeout(resolve, LOOK_MS));
        }
      }),
    );
    faults.stop();
  }

  #strikeNext(): { stop(): void } {
    const { faultEveryMs, faults = SOAK_FAULTS } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      timer = setTimeout(strike, 1 + this.#random(2 * faultEveryMs));
    };
    const strike = (): void => {
      this.#line.strike(pick(faults, this.#random));
      this.#counts.faults++;
      wait();
    };
    wait();
    return { stop: () => clearTimeout(timer) };
  }

  async #ready(): Promise<void> {
    while (this.#modem.state === 'recovering') await once(this.#modem, 'state');
  }

  /** Nothing may be left open; what is late still has its time. */
  async #settle(): Promise<void> {
    this.#line.heal();
    await this.#ready();
    for (let waited = 0; waited < SETTLE_MS && this.#open > 0; waited += LOOK_MS)
      await new Promise(resolve => setTimeout(resolve, LOOK_MS));
  }

  get #open(): number {
    return this.#sim.connectionsOpen + this.#modem.stats().connections + this.#modem.stats().queueLength;
  }

  async #measure(): Promise<Lap> {
    // The simulator remembers 200,000 command lines, which would look like a leak until then.
    (this.#sim.received as string[]).length = 0;
    const { connections, recoveries, bytesRead, bytesWritten } = this.#modem.stats();
    return {
      ...(await takeSample()),
      ...this.#counts,
      table: this.#sim.connectionsOpen,
      connections,
      recoveries,
      lineBytes: bytesRead + bytesWritten,
    };
  }
}

function judge(laps: readonly Lap[]): string[] {
  const [first, last] = [laps[Math.min(WARM_LAPS, laps.length) - 1], laps.at(-1)];
  if (!first || !last) return ['no lap was run'];
  const problems: string[] = [];
  for (const [index, { table, connections }] of laps.entries()) {
    if (table > 0) problems.push(`${table} sockets of the modem are still open after lap ${index + 1}`);
    if (connections > 0)
      problems.push(`${connections} connection ids were not given back in lap ${index + 1}`);
  }
  if (last.descriptors !== first.descriptors)
    problems.push(`${first.descriptors} descriptors have become ${last.descriptors}`);
  // The supervisor may be asking just then; what is left behind stays.
  const timers = Math.min(...laps.slice(-WARM_LAPS).map(lap => lap.timers));
  if (timers > first.timers) problems.push(`${first.timers} timers have become ${timers}`);
  const growth = last.heapBytes + last.externalBytes - first.heapBytes - first.externalBytes;
  if (growth > HEAP_GROWTH_BYTES) problems.push(`the heap has grown by ${(growth / 2 ** 20).toFixed(1)} MiB`);
  return problems;
}
