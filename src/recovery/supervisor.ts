/** Supervision of an opened modem: looks after it, opens it again when it is lost, and climbs the ladder. */
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectionsLost } from '../at/connections-lost.ts';
import type { UrcRule } from '../at/urc.ts';
import { HealthCheck, isUnanswered } from './health.ts';
import {
  type Condition,
  createLadder,
  decide,
  type Ladder,
  lose,
  observe,
  RUNGS,
  type Rung,
} from './ladder.ts';
import type { RecoveryMemory } from './memory.ts';
import type { Treatable, Treatments } from './treatment.ts';

/** A modem that answers. */
export interface Patient extends Treatable {
  readonly cid: number;
  /** It is open, and not only being opened. */
  readonly isReady: boolean;
  readonly connectionsOpen: number;
  /** Of the PDP context, when it was opened. */
  readonly addresses: readonly string[];
  /** `listener` hears when the network does not seem to be there. */
  onDoubt(listener: () => void): void;
}

/** Something was done to get the modem back. */
export interface RecoveryEvent {
  /** How far it went, from 1 on: the higher, the more it disturbs. */
  readonly rung: number;
  /** What was done. */
  readonly action: string;
  /** What was wrong. */
  readonly reason: string;
  /** `done`, or what went wrong with it. */
  readonly result: string;
  /** How long that took. */
  readonly tookMs: number;
}

export interface SupervisorOptions {
  /** For who is called to help. */
  readonly name: string;
  /** One try to open a lost modem; `attended` is told as soon as it answers. */
  readonly open: (attended: (patient: Patient) => void) => Promise<unknown>;
  readonly memory: RecoveryMemory;
  readonly treatments: Treatments;
  /** Tells what it would do, and does nothing but reopening. */
  readonly dryRun: boolean;
  readonly report: (event: RecoveryEvent) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const ACTIVE_MS = 15_000;
const IDLE_MS = 60_000;
const SETTLE_MS = 1_000;

/** 1, 2, 4 … 60 s between two tries. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The port is not there: looking for it disturbs nobody (F50). */
const MISSING_PAUSE_MS = 2_000;
const MISSING = ['ENOENT', 'ENODEV', 'ENXIO', 'ECONNREFUSED'];

const DONE = 'done';
const NOT_DONE = 'dry run: not done';
/** Why a line was closed: it has to be opened anew. */
const TREATED = new Error('the modem was taken off the network or restarted to bring it back');

/** Of the SIM, of a port that somebody else holds: what this program cannot mend. */
const HINDRANCES = ['EACCES', 'EBUSY', 'ENETDOWN'];

/** It takes a human being: rights, another program, the PIN. */
const BEYOND_HELP = ['EACCES', 'EBUSY', 'ENOTTY'];

/** `+CGEV: NW PDN DEACT 1`, `ME DETACH` …: worth a look, no more (at-generic.md 5). */
const contextUrc: UrcRule<true> = { prefix: '+CGEV', parse: () => true };

const COMPLAINTS: Readonly<Record<Condition, string>> = {
  well: 'it was lost again and again',
  silent: 'no answer',
  offline: 'no network, although there is signal',
  uncovered: 'no signal',
  hindered: 'SIM or port cannot be used',
};

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #rungs: readonly Rung[];
  #ladder: Ladder;
  /** Tries to open it that failed, since it was lost. */
  #failures = 0;
  /** The line is, or will be, closed by what is done to the modem. */
  #treatment: Promise<unknown> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#rungs = RUNGS.filter(({ action }) => options.treatments[action]);
    this.#ladder = createLadder(performance.now(), options.memory.taken());
  }

  /** The highest that was climbed, from 3 on, since the modem was last well for long; 0 if none. */
  get rung(): number {
    return this.#ladder.rung;
  }

  /** Is it any use to go on, although it could not be opened so? */
  canMend(error: unknown): boolean {
    return !BEYOND_HELP.includes(codeOf(error)) && !isMistake(error);
  }

  /** From when it answers until its line is closed. */
  async watch(patient: Patient): Promise<void> {
    const { channel, cid } = patient;
    let isGone = false;
    let alarm = new AbortController();
    void channel.closed.then(() => {
      isGone = true;
      alarm.abort();
    });
    channel.onUrc(contextUrc, () => alarm.abort());
    patient.onDoubt(() => alarm.abort());
    const check = new HealthCheck(channel, cid, () => patient.addresses);
    for (let lookedAt = performance.now(); ; ) {
      const rung = this.#decide();
      if (rung && (await this.#climb(rung, patient))) return;
      await pause(ACTIVE_MS, undefined, { signal: alarm.signal, ref: false }).catch(() => {});
      // One event comes as several lines, and what they tell has to settle.
      if (alarm.signal.aborted) await pause(SETTLE_MS, undefined, { ref: false });
      if (isGone) return;
      const isIdle = patient.isReady && patient.connectionsOpen === 0 && !alarm.signal.aborted;
      if (isIdle && performance.now() - lookedAt < IDLE_MS) continue;
      alarm = new AbortController();
      lookedAt = performance.now();
      await this.#look(patient, check);
      if (isGone) return;
    }
  }

  /** Opens it again. @param cause why it was lost. @throws AbortError */
  async bringBack(cause: Error | undefined): Promise<void> {
    const { signal } = this.#options;
    const reason = cause?.message ?? 'the line was closed';
    const fromMs = performance.now();
    // Each result once and not every minute, and opening behind a treatment is a part of that.
    const told = new Set<string>();
    const tell = (result: string): void => {
      if (!told.has(result)) this.#report(2, 'reopen', reason, result, fromMs);
      told.add(result);
    };
    if (await this.#isTreated()) told.add(DONE);
    else if (isUnanswered(cause)) this.#ladder = lose(this.#ladder);
    this.#failures = 0;
    for (let error: Error | undefined; ; ) {
      await pause(this.#pauseMs(error), undefined, { signal, ref: false });
      error = await this.#open(() => tell(DONE));
      signal.throwIfAborted();
      if (!error) return;
      if (error !== TREATED) tell(error.message);
      const rung = this.#ladder.condition === 'silent' ? this.#decide() : undefined;
      if (!rung || !(await this.#climb(rung))) continue;
      told.add(DONE);
      error = TREATED;
    }
  }

  /** @returns why it could not be opened */
  async #open(tellAttended: () => void): Promise<Error | undefined> {
    let attended = false;
    try {
      await this.#options.open(patient => {
        attended = true;
        if (this.#ladder.condition === 'silent') this.#observe('well');
        tellAttended();
        void this.watch(patient);
      });
      this.#observe('well');
      return undefined;
    } catch (error) {
      if (await this.#isTreated()) return TREATED;
      this.#judge(error, attended);
      return error as Error;
    }
  }

  /** Once what is done to the modem is over. */
  async #isTreated(): Promise<boolean> {
    const treatment = this.#treatment;
    this.#treatment = undefined;
    await treatment;
    return treatment !== undefined;
  }

  #judge(error: unknown, attended: boolean): void {
    this.#failures++;
    const code = codeOf(error);
    if (HINDRANCES.includes(code) || isMistake(error)) this.#observe('hindered');
    else if (!attended) this.#observe('silent');
    else if (code === 'ENETUNREACH') this.#observe('offline');
    else if (isUnanswered(error)) this.#ladder = lose(this.#ladder);
  }

  #pauseMs(error: Error | undefined): number {
    if (!error || error === TREATED) return 0;
    if (MISSING.includes(codeOf(error))) return MISSING_PAUSE_MS;
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
  }

  async #look(patient: Patient, check: HealthCheck): Promise<void> {
    try {
      const { condition, lost } = await check.look();
      if (lost !== undefined) await patient.channel.close(new ConnectionsLost(lost));
      // With a network it still has to get its context.
      else if (patient.isReady || condition !== 'well') this.#observe(condition);
    } catch {
      // The channel has fenced itself, and ends if that does not help.
    }
  }

  #observe(condition: Condition): void {
    this.#ladder = observe(this.#ladder, condition, performance.now());
  }

  #decide(): Rung | undefined {
    const { ladder, rung } = decide(this.#ladder, performance.now(), this.#rungs);
    this.#ladder = ladder;
    // On the disk before anything is done: a program that dies of it must not do it again and again.
    if (rung && !this.#options.dryRun) this.#options.memory.remember(ladder.taken);
    return rung;
  }

  /** @returns whether the line has to be opened anew */
  async #climb({ rung, action }: Rung, patient?: Patient): Promise<boolean> {
    const { name, treatments, dryRun, signal } = this.#options;
    const reason = COMPLAINTS[this.#ladder.condition];
    const fromMs = performance.now();
    const disturbs = !dryRun && action !== 'alarm';
    const treat = async (): Promise<string> => {
      await treatments[action]?.(patient, { modem: name, rung, action, reason }, signal);
      return DONE;
    };
    const treatment = dryRun ? Promise.resolve(NOT_DONE) : treat().catch((error: Error) => error.message);
    // The treatment itself may close the line.
    if (patient && disturbs) this.#treatment = treatment;
    this.#report(rung, action, reason, await treatment, fromMs);
    if (disturbs) await patient?.channel.close(TREATED);
    return disturbs;
  }

  #report(rung: number, action: string, reason: string, result: string, fromMs: number): void {
    const tookMs = Math.round(performance.now() - fromMs);
    this.#options.report({ rung, action, reason, result, tookMs });
  }
}

/** In a program, or its installation: no modem is restarted for that. */
function isMistake(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof TypeError || cause instanceof ReferenceError || codeOf(cause).startsWith('ERR_');
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
