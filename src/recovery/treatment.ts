/** What the rungs of the ladder do: those that a modem understands, and those that come from outside. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AtChannel } from '../at/channel.ts';
import type { Command } from '../at/command.ts';
import * as gpp from '../threegpp/commands.ts';
import { ignoreRefusal } from '../threegpp/failures.ts';
import type { Action } from './ladder.ts';

export interface Treatable {
  readonly channel: AtChannel;
  /** What its dialect restarts it with. */
  readonly reset: Command;
}

/** The boot line usually comes before (at-generic.md 5, sequans.md 9). */
const BOOT_MS = 30_000;

/** Why help is called. */
export interface Complaint {
  /** The port or address by which the modem is reached. */
  readonly modem: string;
  readonly rung: number;
  readonly action: Action;
  readonly reason: string;
}

/** Does something to the modem from outside. Ends at the latest when `signal` says so. */
export type Helper = (complaint: Complaint, signal: AbortSignal) => Promise<void>;

/** What may be done to bring a modem back. */
export interface WatchdogOptions {
  /** Switches its radio off and on (rung 3). Default: true. */
  readonly radio?: boolean;
  /** Restarts it by its own command (rung 4). Default: true. */
  readonly reset?: boolean;
  /** Resets the USB device of its serial port (rung 5). Default: false. */
  readonly usb?: boolean;
  /** Switches its power off and on (rung 6). */
  readonly power?: Helper | undefined;
  /** Is told when all of this has not helped (rung 7), once an hour. */
  readonly alarm?: Helper | undefined;
  /** Only tell what would be done. Opening the line again is done all the same. */
  readonly dryRun?: boolean;
}

/** @param modem undefined: it does not answer. @throws Error of one sentence if it could not be done */
type Treatment = (modem: Treatable | undefined, complaint: Complaint, signal: AbortSignal) => Promise<void>;

/** Those that may be used, by the name of the action. */
export type Treatments = Readonly<Partial<Record<Action, Treatment>>>;

/** @param resetUsb undefined where the modem is no USB device */
export function treatmentsOf(
  { radio = true, reset = true, usb = false, power, alarm }: WatchdogOptions,
  resetUsb?: () => Promise<void>,
): Treatments {
  return {
    ...(radio && { radio: switchRadio }),
    ...(reset && { reset: restart }),
    ...(usb && resetUsb && { usb: inTurn(resetUsb) }),
    ...(power && { power: inTurn(power) }),
    alarm: async (_, complaint, signal) => alarm?.(complaint, signal),
  };
}

/** Waits for its turn, so that it does not strike while a long command runs. */
const inTurn =
  (help: Helper): Treatment =>
  (modem, complaint, signal) =>
    modem ? modem.channel.transaction(() => help(complaint, signal)) : help(complaint, signal);

const switchRadio: Treatment = async modem => {
  await modem?.channel.transaction(async at => {
    const off = await at.execute(gpp.setFunctionality(4)).then(() => true, ignoreRefusal);
    if (!off) await at.execute(gpp.setFunctionality(0));
    await at.execute(gpp.setFunctionality(1));
  });
};

const restart: Treatment = async (modem, _, signal) => {
  if (!modem) return;
  await modem.channel.execute(modem.reset);
  const booted = new AbortController();
  const enough = pause(BOOT_MS, undefined, {
    signal: AbortSignal.any([signal, booted.signal]),
    ref: false,
  });
  await Promise.race([modem.channel.closed, enough.catch(() => {})]);
  booted.abort();
};
