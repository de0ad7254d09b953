/** The lock of the SIM: its PIN is given once in the life of card and PIN, and never with the last try (27.007 8.3). */
import { setTimeout as pause } from 'node:timers/promises';
import { AtError } from '../at/at-error.ts';
import type { Command } from '../at/command.ts';
import { cmeNumber } from '../at/result-code.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import * as gpp from './commands.ts';
import { ignoreRefusal } from './failures.ts';

/** Which PIN was tried on which card: a wrong one locks it after three tries (reliability.md F41). */
export interface PinMemory {
  mayTry(card: string, pin: string): boolean;
  /** About to be tried. */
  asking(card: string, pin: string): void;
  answered(card: string, pin: string, accepted: boolean): void;
  /** The card is open: what nobody heard the end of was right, or is of no interest any more. */
  unlocked(): void;
}

export interface SimLockOptions {
  readonly pin?: string | undefined;
  readonly pinMemory?: PinMemory | undefined;
  /** The number of the card, which can be read while it is locked. */
  readonly readCard?: Command<string> | undefined;
}

type Ask = <T>(command: Command<T>) => Promise<T>;

/** A SIM that has just been switched on is busy (CME 14): five tries in 30 s (reliability.md 2.4). */
const SIM_TRIES = 5;
const SIM_PAUSE_MS = 6_000;

/** @throws SocketFailure EACCES, ENETDOWN */
export async function unlockSim(
  ask: Ask,
  { pin, pinMemory, readCard }: SimLockOptions,
  signal?: AbortSignal,
): Promise<void> {
  const state = await readPinState(ask, signal);
  if (state === 'READY') return pinMemory?.unlocked();
  if (state !== 'SIM PIN') throw refusal(`the SIM asks for ${state}`);
  if (pin === undefined) throw refusal('the SIM asks for its PIN, and none was given');
  const card = (readCard && (await ask(readCard).catch(ignoreRefusal))) ?? '';
  if (pinMemory?.mayTry(card, pin) === false)
    throw refusal('the SIM asks for its PIN, and has not taken this one before; it is not tried again');
  const tries = await ask(gpp.readPinTries).catch(ignoreRefusal);
  if (tries !== undefined && tries < 2)
    throw refusal('the SIM has one try left for its PIN; it is not used up');
  pinMemory?.asking(card, pin);
  try {
    await ask(gpp.enterPin(pin));
  } catch (cause) {
    if (!(cause instanceof AtError)) throw cause;
    if (cause.refused) pinMemory?.answered(card, pin, false);
    throw refusal('the SIM did not take the PIN; it is not tried again', cause);
  }
  pinMemory?.answered(card, pin, true);
}

const refusal = (message: string, cause?: unknown): SocketFailure =>
  new SocketFailure('EACCES', message, { cause });

async function readPinState(ask: Ask, signal: AbortSignal | undefined): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask(gpp.readPinState);
    } catch (cause) {
      if (!(cause instanceof AtError && cause.refused)) throw cause;
      if (cmeNumber(cause.value) !== 14 || tries === SIM_TRIES) {
        throw new SocketFailure('ENETDOWN', `the SIM cannot be used: ${cause.message}`, { cause });
      }
      await pause(SIM_PAUSE_MS, undefined, signal ? { signal } : {});
    }
  }
}
