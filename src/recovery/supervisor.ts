/** Supervision of an opened modem: looks after it, opens it again when it is lost, and climbs the ladder. */
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectionsLost } from '../at/connections-lost.ts';
import type { UrcRule } from '../at/urc.ts';
import { HealthCheck, isUnanswered } from './health.ts';
import { type Condition, createLadder, decide, type Ladder, lose, observe, type Rung } from './ladder.ts';
import type { RecoveryMemory } from './memory.ts';
import { type Treatable, treatments } from './treatment.ts';

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
}

export interface SupervisorOptions {
  /** One try to open a lost modem; `attended` is told as soon as it answers. */
  readonly open: (attended: (patient: Patient) => void) => Promise<unknown>;
  readonly memory: RecoveryMemory;
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
/** Why a line was closed: it has to be opened anew. */
const TREATED = new Error('the modem was taken off the network or restarted to bring it back');

/** Of the SIM, of a port that somebody else holds: what this program cannot mend. */
const HINDRANCES = ['EACCES', 'EBUSY', 'ENETDOWN'];

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
  #ladder: Ladder;
  /** Tries to open it that failed, since it was lost. */
  #failures = 0;
  #climbs = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#ladder = createLadder(performance.now(), options.memory.taken());
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
      if (rung) return this.#climb(patient, rung);
      await pause(ACTIVE_MS, undefined, { signal: alarm.signal, ref: false }).catch(() => {});
      // One event comes as several lines, and what they tell has to settle.
      if (alarm.signal.aborted) await pause(SETTLE_MS, undefined, { ref: false });
      if (isGone) return;
      const isIdle = patient.isReady && patient.connectionsOpen === 0 && !alarm.signal.aborted;
      if (isIdle && performance.now() - lookedAt < IDLE_MS) continue;
      alarm = new AbortController();
      lookedAt = performance.now();
      await this.#look(patient, check);
    }
  }

  /** Opens it again. @param cause why it was lost. @throws AbortError */
  async bringBack(cause: Error | undefined): Promise<void> {
    const { signal } = this.#options;
    if (isUnanswered(cause)) this.#ladder = lose(this.#ladder);
    const reason = cause?.message ?? 'the line was closed';
    this.#failures = 0;
    // Each result once and not every minute, and opening behind a treatment is a part of that.
    const told = new Set(cause === TREATED ? [DONE] : []);
    const tell = (result: string): void => {
      if (!told.has(result)) this.#report(2, 'reopen', reason, result);
      told.add(result);
    };
    for (let error: Error | undefined; ; ) {
      await pause(this.#pauseMs(error), undefined, { signal, ref: false });
      error = await this.#open(() => tell(DONE));
      signal.throwIfAborted();
      if (!error) return;
      if (error !== TREATED) tell(error.message);
    }
  }

  /** @returns why it could not be opened */
  async #open(tellAttended: () => void): Promise<Error | undefined> {
    const climbs = this.#climbs;
    let attended = false;
    try {
      await this.#options.open(patient => {
        attended = true;
        tellAttended();
        void this.watch(patient);
      });
      this.#observe('well');
      return undefined;
    } catch (error) {
      if (climbs !== this.#climbs) return TREATED;
      this.#judge(error, attended);
      return error as Error;
    }
  }

  #judge(error: unknown, attended: boolean): void {
    this.#failures++;
    const code = codeOf(error);
    if (HINDRANCES.includes(code)) this.#observe('hindered');
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
    const { ladder, rung } = decide(this.#ladder, performance.now());
    this.#ladder = ladder;
    // On the disk before anything is done: a program that dies of it must not do it again and again.
    if (rung) this.#options.memory.remember(ladder.taken);
    return rung;
  }

  async #climb(patient: Patient, { rung, action }: Rung): Promise<void> {
    const reason = COMPLAINTS[this.#ladder.condition];
    // The treatment itself may close the line.
    this.#climbs++;
    const result = await treatments[action]?.(patient, this.#options.signal).then(
      () => DONE,
      (error: Error) => error.message,
    );
    this.#report(rung, action, reason, result ?? DONE);
    await patient.channel.close(TREATED);
  }

  #report(rung: number, action: string, reason: string, result: string): void {
    this.#options.report({ rung, action, reason, result });
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
