/** The health check (reliability.md 2.9, rung 0): does it answer, has it restarted, has it network and context? */
import { AtError } from '../at/at-error.ts';
import type { AtChannel } from '../at/channel.ts';
import type { Command } from '../at/command.ts';
import * as gpp from '../threegpp/commands.ts';
import { ignoreRefusal } from '../threegpp/failures.ts';
import { number } from '../threegpp/number.ts';
import type { Condition } from './ladder.ts';

export interface Finding {
  readonly condition: Condition;
  /** All that was known of the modem is void: it has to be opened anew. */
  readonly lost?: string;
}

/** A modem that answers at all answers these at once. */
const ANSWER_MS = 3_000;

/**
 * A register that means nothing to sockets, the pause of a comma in a dial string (V.250 6.3.9), with a value that no
 * modem ships: after a restart without a word it is another (F38, F39).
 */
const REGISTER = 'S8';
const CANARY = 200;

const setCanary: Command = { line: `${REGISTER}=${CANARY}`, timeoutMs: ANSWER_MS, parse: () => {} };
const readCanary: Command<number> = {
  line: `${REGISTER}?`,
  text: true,
  timeoutMs: ANSWER_MS,
  parse: ({ info }) => number(Number(info.find(({ text }) => /^\d{1,3}$/.test(text))?.text ?? Number.NaN)),
};

const WELL: Finding = { condition: 'well' };
const RESTARTED: Finding = { condition: 'well', lost: 'the modem has restarted without a word' };

export class HealthCheck {
  readonly #at: AtChannel;
  readonly #cid: number;
  readonly #opened: () => readonly string[];
  #canary: 'unset' | 'set' | 'none' = 'unset';
  /** Of the PDP context, at the last look. */
  #addresses: readonly string[] = [];

  /** @param opened the addresses of the PDP context when the modem was opened */
  constructor(at: AtChannel, cid: number, opened: () => readonly string[]) {
    this.#at = at;
    this.#cid = cid;
    this.#opened = opened;
  }

  /** @throws AtError */
  async look(): Promise<Finding> {
    if (!(await this.#isSameRun())) return RESTARTED;
    const { reports, registration } = await this.#at.execute(gpp.readRegistration);
    // The next best canary: they were switched on when the modem was opened.
    if (!reports && this.#canary === 'none') return RESTARTED;
    if (registration !== 'home' && registration !== 'roaming') return { condition: await this.#whyNot() };
    return this.#lookAtContext();
  }

  async #isSameRun(): Promise<boolean> {
    if (this.#canary === 'set') return (await this.#at.execute(readCanary)) === CANARY;
    if (this.#canary === 'unset') {
      const done = await this.#at.execute(setCanary).then(() => true, ignoreRefusal);
      this.#canary = done ? 'set' : 'none';
    }
    return true;
  }

  async #whyNot(): Promise<Condition> {
    const sim = await this.#at.execute(gpp.readPinState).catch(ignoreRefusal);
    if (sim !== 'READY') return 'hindered';
    const signal = await this.#at.execute(gpp.readSignal).catch(ignoreRefusal);
    return signal === undefined ? 'uncovered' : 'offline';
  }

  /** Lost or given anew without a URC: every connection is dead (F43). */
  async #lookAtContext(): Promise<Finding> {
    const found = await this.#at.execute(gpp.readAddresses(this.#cid)).catch(ignoreRefusal);
    if (!found) return WELL;
    const addresses = found.map(({ address }) => address).filter(isGlobal);
    const before = this.#addresses.length > 0 ? this.#addresses : this.#opened().filter(isGlobal);
    this.#addresses = addresses;
    const isGone = addresses.length === 0 && (before.length > 0 || !(await this.#isActive()));
    if (isGone) return { condition: 'well', lost: 'the PDP context is gone' };
    if (before.every(address => addresses.includes(address))) return WELL;
    return { condition: 'well', lost: 'the PDP context has other addresses' };
  }

  /** Asked where no address was ever known: it may have been lost while the modem was opened. */
  async #isActive(): Promise<boolean> {
    const active = await this.#at.execute(gpp.readActive).catch(ignoreRefusal);
    return active?.includes(this.#cid) ?? true;
  }
}

/** A context has its link-local address before the network has told the rest of it. */
const isGlobal = (address: string): boolean => !/^fe[89ab]/i.test(address);

/** Did it go wrong because a command was not answered, or not in a way that makes sense? */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof AtError && (error.kind === 'timeout' || error.kind === 'reply')) return true;
  return error instanceof Error && isUnanswered(error.cause);
}
