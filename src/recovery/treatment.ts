/** What each rung of the ladder does to a modem that answers. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AtChannel } from '../at/channel.ts';
import type { Command } from '../at/command.ts';
import * as gpp from '../threegpp/commands.ts';
import { ignoreRefusal } from '../threegpp/failures.ts';

export interface Treatable {
  readonly channel: AtChannel;
  /** What its dialect restarts it with. */
  readonly reset: Command;
}

/** The boot line usually comes before (at-generic.md 5, sequans.md 9). */
const BOOT_MS = 30_000;

/** By the name of the action. Each waits for its turn, so that none strikes while a long command runs. */
export const treatments: Readonly<Record<string, (modem: Treatable, signal: AbortSignal) => Promise<void>>> =
  {
    radio: ({ channel }) =>
      channel.transaction(async at => {
        const off = await at.execute(gpp.setFunctionality(4)).then(() => true, ignoreRefusal);
        if (!off) await at.execute(gpp.setFunctionality(0));
        await at.execute(gpp.setFunctionality(1));
      }),

    reset: async ({ channel, reset }, signal) => {
      await channel.execute(reset);
      const booted = new AbortController();
      const enough = pause(BOOT_MS, undefined, {
        signal: AbortSignal.any([signal, booted.signal]),
        ref: false,
      });
      await Promise.race([channel.closed, enough.catch(() => {})]);
      booted.abort();
    },
  };
