/** `atsock watch`: keeps one modem supervised, and says what it saw and did. */
import type { Command } from 'commander';
import type { Modem } from '../../modem.ts';
import type { RecoveryEvent } from '../../recovery/supervisor.ts';
import { untilStopped } from '../interruption.ts';
import { keepMetrics } from '../metrics-file.ts';
import { withUnopenedModem } from '../open.ts';
import { jsonOption, type ModemFlags, modemOption, type OutputFlags, traceOption } from '../options.ts';
import { print } from '../output.ts';
import { announce } from '../readiness.ts';
import { acted, changed, formatLine, isJournal, started, type WatchLine } from '../watch-lines.ts';
import { addWatchdogOptions, readWatchdog, type WatchdogFlags } from '../watchdog-options.ts';

export interface WatchFlags extends ModemFlags, OutputFlags {
  readonly metrics?: string;
  readonly giveUp?: true;
  readonly dryRun?: true;
}

export function addWatch(program: Command, signal: AbortSignal): void {
  const command = program
    .command('watch')
    .description('notices a dead modem and brings it back; says what it does and runs until Ctrl-C')
    .addOption(modemOption());
  addWatchdogOptions(command)
    .option('--metrics <file>', 'keep counters there, as text for Prometheus')
    .option('--give-up', 'end with exit code 1 when nothing has helped, for OnFailure= of systemd')
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (flags: WatchFlags & WatchdogFlags) => {
      const options = readWatchdog(flags);
      const work = withUnopenedModem(flags, signal, modem => watch(modem, flags, signal), options);
      await untilStopped(work, signal);
    });
}

/** Until it is given up or lost for good. @throws Error that says so, or why it cannot be opened at all */
export async function watch(modem: Modem, flags: WatchFlags, signal: AbortSignal): Promise<void> {
  const { modem: url = '', json, metrics, giveUp, dryRun } = flags;
  const name = url.replace(/\?.*$/s, '');
  const how = json ? 'json' : isJournal(1) ? 'journal' : 'plain';
  const say = (line: WatchLine): void => print(formatLine(line, how));
  const stopMetrics = metrics === undefined ? undefined : keepMetrics(metrics, name, modem);
  const over = follow(modem, say, giveUp === true && !dryRun);
  say(started(name));
  announce('READY=1');
  try {
    await Promise.race([modem.bringUp(signal), over]);
    await over;
  } finally {
    stopMetrics?.();
  }
}

/** Says what happens to the modem. @throws Error when that is over */
function follow(modem: Modem, say: (line: WatchLine) => void, mayGiveUp: boolean): Promise<never> {
  let lostAtMs: number | undefined;
  let last: RecoveryEvent | undefined;
  return new Promise((_, reject) => {
    modem.on('recovery', event => {
      last = event;
      say(acted(event));
      if (mayGiveUp && event.action === 'alarm')
        reject(new Error('nothing has helped: the modem is given up'));
    });
    modem.on('state', state => {
      say(changed(state, lostAtMs === undefined ? undefined : performance.now() - lostAtMs, last));
      lostAtMs = state === 'recovering' ? performance.now() : undefined;
      if (state === 'ready') last = undefined;
      if (state === 'closed') reject(new Error('the modem is gone'));
    });
  });
}
