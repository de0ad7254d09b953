/** What supervision remembers of a modem, in a file if there is one: disruptive actions, and PINs that were tried. */
import { createHmac, randomBytes } from 'node:crypto';
import type { PinMemory } from '../threegpp/sim-lock.ts';
import type { Taken } from './ladder.ts';
import { readState, statePath, writeState } from './state-file.ts';

/** Far more than the ladder takes in a day. */
const MOST_TAKEN = 64;

/** asked: nobody knows how it ended. */
type PinFate = 'asked' | 'refused';

interface Saved {
  /** By the wall clock: the other one begins anew with each boot of the computer. */
  readonly taken: readonly Taken[];
  readonly key: string;
  readonly pins: Readonly<Record<string, PinFate>>;
}

export class RecoveryMemory implements PinMemory {
  readonly #path: string | undefined;
  #saved: Saved;

  /** @param path undefined: it lasts as long as the process */
  constructor(path?: string) {
    const state = path === undefined ? {} : readState(path);
    this.#path = state && path;
    this.#saved = sane(state ?? {});
  }

  /** @param state a path, or `off`; undefined: where a modem of this name has its file, if it has a name */
  static of(state: string | undefined, modem: string | undefined): RecoveryMemory {
    const usual = modem === undefined ? undefined : statePath(modem);
    return new RecoveryMemory(state === 'off' ? undefined : (state ?? usual));
  }

  /** By this process's own clock. What lies in the future was written before the wall clock was put back. */
  taken(nowMs = performance.now()): readonly Taken[] {
    return this.#saved.taken.map(({ rung, atMs }) => ({
      rung,
      atMs: nowMs - Math.max(0, Date.now() - atMs),
    }));
  }

  remember(taken: readonly Taken[], nowMs = performance.now()): void {
    const offset = Date.now() - nowMs;
    this.#save({ taken: taken.map(({ rung, atMs }) => ({ rung, atMs: Math.round(atMs + offset) })) });
  }

  mayTry(card: string, pin: string): boolean {
    return !Object.hasOwn(this.#saved.pins, this.#name(card, pin));
  }

  asking(card: string, pin: string): void {
    this.#settle(card, pin, 'asked');
  }

  answered(card: string, pin: string, accepted: boolean): void {
    this.#settle(card, pin, accepted ? undefined : 'refused');
  }

  unlocked(): void {
    const refused = Object.entries(this.#saved.pins).filter(([, fate]) => fate === 'refused');
    const pins = Object.fromEntries(refused);
    if (refused.length < Object.keys(this.#saved.pins).length) this.#save({ pins });
  }

  #settle(card: string, pin: string, fate: PinFate | undefined): void {
    const { [this.#name(card, pin)]: _, ...others } = this.#saved.pins;
    this.#save({ pins: fate ? { ...others, [this.#name(card, pin)]: fate } : others });
  }

  /** The card's number is no part of the file: with it missing, a PIN cannot be found by trying all of them. */
  #name(card: string, pin: string): string {
    return createHmac('sha256', this.#saved.key).update(`${card}\0${pin}`).digest('hex');
  }

  #save(change: Partial<Saved>): void {
    this.#saved = { ...this.#saved, ...change };
    if (this.#path === undefined) return;
    try {
      writeState(this.#path, this.#saved);
    } catch {
      // A full or read-only disk must not keep a modem from being used; the limits hold within this process.
    }
  }
}

/** Only what can be meant: the file may be older, newer or damaged. */
function sane(state: Partial<Record<keyof Saved, unknown>>): Saved {
  const { taken, key, pins } = state;
  return {
    taken: Array.isArray(taken) ? taken.filter(isTaken).slice(-MOST_TAKEN) : [],
    key: typeof key === 'string' && /^[0-9a-f]{64}$/.test(key) ? key : randomBytes(32).toString('hex'),
    pins: Object.fromEntries(Object.entries(pins ?? {}).filter(isPin)),
  };
}

function isTaken(value: unknown): value is Taken {
  const { rung, atMs } = (value ?? {}) as Partial<Taken>;
  return Number.isInteger(rung) && Number.isFinite(atMs);
}

const isPin = (entry: [string, unknown]): entry is [string, PinFate] =>
  /^[0-9a-f]{64}$/.test(entry[0]) && (entry[1] === 'asked' || entry[1] === 'refused');
