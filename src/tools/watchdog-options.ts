/** The options of commands that look after a modem: what may be done to bring it back. */
import { type Command, Option } from 'commander';
import type { OpenOptions } from '../modem.ts';
import { createHelper } from '../recovery/helper-program.ts';
import { checkState } from '../recovery/state-file.ts';
import type { Helper } from '../recovery/treatment.ts';
import { UsageError } from './options.ts';

export interface WatchdogFlags {
  readonly radio?: boolean;
  readonly reset?: boolean;
  readonly usb: boolean;
  readonly power?: readonly string[];
  readonly hook?: readonly string[];
  readonly dryRun?: true;
  readonly state?: string;
}

export const addWatchdogOptions = (command: Command): Command =>
  addRescueOptions(
    command
      .option('--no-radio', 'never switch the radio off and on (rung 3)')
      .option('--no-reset', 'never restart the modem by its own command (rung 4)'),
  );

/** Where only a modem that does not answer is treated. */
export const addRescueOptions = (command: Command): Command =>
  command
    .option('--no-usb', 'never reset its USB device (rung 5)')
    .option('--power <program...>', 'switches its power off and on (rung 6): absolute path and arguments')
    .option('--hook <program...>', 'is run when nothing has helped (rung 7): absolute path and arguments')
    .option('--dry-run', 'tell what would be done from rung 3 on, and do not do it')
    .addOption(new Option('--state <file>', 'remembers over restarts what was done, or "off"'));

/** For `withModem()`. @throws UsageError for a program that is not to be run, and a file that cannot be kept */
export function readWatchdog(
  flags: WatchdogFlags,
): Required<Pick<OpenOptions, 'watchdog'>> & Pick<OpenOptions, 'state'> {
  const { radio = false, reset = false, usb, power, hook, dryRun = false, state } = flags;
  const watchdog = { radio, reset, usb, power: readHelper(power), alarm: readHelper(hook), dryRun };
  // One that cannot be kept would begin anew with each start.
  if (state !== undefined && state !== 'off') usable(() => checkState(state));
  return { watchdog, ...(state !== undefined && { state }) };
}

const readHelper = (argv: readonly string[] | undefined): Helper | undefined =>
  argv && usable(() => createHelper(argv));

function usable<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
