/** `atsock status`: registration, signal and addresses. */
import type { Command } from 'commander';
import { withModem } from '../open.ts';
import { jsonOption, type ModemFlags, modemOption, type OutputFlags, traceOption } from '../options.ts';
import { printJson, printTable } from '../output.ts';

export function addStatus(program: Command, signal: AbortSignal): void {
  program
    .command('status')
    .description('registration, signal and PDP addresses; says what it waits for')
    .addOption(modemOption())
    .addOption(traceOption())
    .addOption(jsonOption())
    .action((flags: ModemFlags & OutputFlags) =>
      withModem(flags, signal, async modem => {
        const status = await modem.status();
        if (flags.json) return printJson(status);
        const { registration, rssiDbm, addresses } = status;
        printTable({
          registration,
          signal: rssiDbm === undefined ? 'unknown' : `${rssiDbm} dBm`,
          addresses: addresses.join(', '),
        });
      }),
    );
}
