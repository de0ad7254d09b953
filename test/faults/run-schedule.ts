/** One schedule: a simulator, a modem, a workload and the faults between them; then the oracle, then the recovery. */
import { Modem } from '../../src/index.ts';
import { createSim, type SimModem } from '../../src/sim/index.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { content } from './content.ts';
import { runDatagrams } from './datagram-job.ts';
import type { Counter, FaultName, Schedule } from './fault.ts';
import { FaultLine } from './fault-line.ts';
import { askNames, HOSTS } from './names.ts';
import { judgeDatagrams, judgeStream } from './oracle.ts';
import { createQueries } from './queries.ts';
import { planStream, runStream, turns } from './stream-job.ts';
import { VirtualTime } from './virtual-time.ts';

export interface Report {
  readonly schedule: Schedule;
  readonly made: readonly FaultName[];
  /** How far each counter came, from when the faults began to their end. */
  readonly counts: Readonly<Record<Counter, number>>;
  /** Faults that were not made where they were due, since nobody could have seen them (reliability.md F15). */
  readonly spared: number;
  /** Empty: survived. */
  readonly violations: readonly string[];
  /** From the last fault, or from the end of the workload if that was later, to a connection that works. */
  readonly recoveryMs: number;
  /** Streams that ended without an error, and all. */
  readonly streams: { readonly whole: number; readonly all: number };
  /** How long it all took, in virtual time. */
  readonly virtualMs: number;
}

/** Of a connection that only proves that it works: a slow modem needs minutes for more. */
const WORD_BYTES = 200;

const HOUR_MS = 3_600_000;
/** The longest time-out of a command, a dial's (sequans.md 3.4). */
const LONGEST_COMMAND_MS = 45_000;
export const RECOVERY_LIMIT_MS = 3 * LONGEST_COMMAND_MS;

export async function runSchedule(schedule: Schedule, trace?: (line: string) => void): Promise<Report> {
  const time = new VirtualTime();
  const stray: string[] = [];
  const catchStray = (error: unknown): void =>
    void stray.push(`I8: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('unhandledRejection', catchStray).on('uncaughtException', catchStray).on('warning', catchStray);
  time.install();
  try {
    const run = new Run(schedule, time, trace);
    return await run.finish(stray);
  } finally {
    time.uninstall();
    process
      .off('unhandledRejection', catchStray)
      .off('uncaughtException', catchStray)
      .off('warning', catchStray);
  }
}

class Run {
  readonly #schedule: Schedule;
  readonly #time: VirtualTime;
  readonly #sim: SimModem;
  readonly #line: FaultLine;
  readonly #modem: Modem;
  readonly #violations: string[] = [];
  #whole = 0;
  #recoveryMs = 0;

  constructor(schedule: Schedule, time: VirtualTime, trace?: (line: string) => void) {
    const { dialect, seed, switches, latency } = schedule;
    this.#schedule = schedule;
    this.#time = time;
    this.#sim = createSim({ commandSet: dialect, seed, faults: switches, latency, host: HOSTS });
    this.#line = new FaultLine(this.#sim, schedule, time, trace);
    this.#modem = new Modem(async () => ({
      options: {},
      createTransport: async () => this.#line.transport,
    }));
    if (trace) this.#modem.on('trace', line => trace(`${time.now.toFixed()} ${line}`));
    if (trace) this.#modem.on('state', state => trace(`${time.now.toFixed()} ## ${state}`));
  }

  async finish(stray: string[]): Promise<Report> {
    const { dialect, workload } = this.#schedule;
    const { lanes, streamsPerLane } = workload;
    try {
      await this.#time.run(`${dialect}: opening`, HOUR_MS, this.#modem.open());
      await this.#time.run('the workload', HOUR_MS, this.#work());
      await this.#time.run('recovery', HOUR_MS, this.#recover());
      await this.#time.run('closing', HOUR_MS, this.#modem.close());
    } catch (error) {
      this.#violations.push(`I6: ${(error as Error).message}`);
    }
    await this.#sim.close();
    await turns(12);
    return {
      schedule: this.#schedule,
      made: this.#line.made,
      counts: this.#line.counts,
      spared: this.#line.spared,
      violations: [...this.#violations, ...this.#line.grammar.violations, ...stray],
      recoveryMs: this.#recoveryMs,
      streams: { whole: this.#whole, all: lanes * streamsPerLane },
      virtualMs: this.#time.now,
    };
  }

  async #work(): Promise<void> {
    const random = createRandom(~this.#schedule.seed);
    const queries = await createQueries(this.#modem);
    this.#line.arm();
    // Each has its own numbers, so that none depends on the timing of another.
    const { workload } = this.#schedule;
    const lanes = Array.from({ length: workload.lanes }, (_, lane) =>
      this.#streams(lane, createRandom(random(2 ** 31))),
    );
    const ready = (): Promise<void> => this.#ready();
    const datagrams = runDatagrams(
      this.#modem,
      this.#time,
      ready,
      createRandom(random(2 ** 31)),
      workload.datagrams,
    );
    const names = askNames(this.#modem, ready, createRandom(random(2 ** 31)), workload.names);
    for (let index = 0; index < workload.queries; index++) {
      await ready();
      this.#violations.push(...(await queries.ask(index)));
      await new Promise<void>(resolve => setTimeout(resolve, 300));
    }
    this.#violations.push(...judgeDatagrams(await datagrams));
    this.#violations.push(...(await names));
    await Promise.all(lanes);
  }

  async #streams(lane: number, random: Random): Promise<void> {
    const { workload } = this.#schedule;
    for (let index = 0; index < workload.streamsPerLane; index++) {
      const plan = planStream(random, workload);
      await this.#ready();
      const record = await runStream(this.#modem, this.#time, `stream ${lane}.${index}`, plan);
      this.#violations.push(...judgeStream(record));
      if (!record.events.some(event => event.startsWith('error'))) this.#whole++;
    }
  }

  /** A program that is told ENETDOWN tries again later. */
  async #ready(): Promise<void> {
    for (let waited = 0; this.#modem.state !== 'ready' && waited < 200; waited++)
      await new Promise<void>(resolve => setTimeout(resolve, 1_000));
  }

  /** No more faults: a new connection must work, and afterwards nothing may be left open. */
  async #recover(): Promise<void> {
    this.#line.heal();
    await new Promise<void>(resolve => setTimeout(resolve, Math.max(0, this.#line.lastAt - this.#time.now)));
    const from = this.#time.now;
    const random = createRandom(1);
    for (;;) {
      const [ours, theirs] = [content(WORD_BYTES, random(2 ** 31)), content(WORD_BYTES, random(2 ** 31))];
      const plan = { ours, theirs, ending: 'program', pauses: false, pieces: 1 } as const;
      const record = await runStream(this.#modem, this.#time, 'recovery', plan);
      this.#violations.push(...judgeStream(record));
      this.#recoveryMs = this.#time.now - from;
      const works = !record.events.some(event => event.startsWith('error'));
      if (this.#recoveryMs > RECOVERY_LIMIT_MS)
        this.#violations.push(
          `recovery: no connection works ${RECOVERY_LIMIT_MS / 1000} s after the last fault`,
        );
      if (works || this.#recoveryMs > RECOVERY_LIMIT_MS) break;
      await new Promise<void>(resolve => setTimeout(resolve, 500));
    }
    await new Promise<void>(resolve => setTimeout(resolve, 1_000));
    const { connectionsOpen } = this.#sim;
    if (connectionsOpen > 0)
      this.#violations.push(`I7: ${connectionsOpen} sockets of the modem are still open`);
    if (this.#modem.stats().connections > 0)
      this.#violations.push(`I7: ${this.#modem.stats().connections} connection ids were not given back`);
  }
}
