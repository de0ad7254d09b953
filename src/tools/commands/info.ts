/** `atsock info`: which modem it is. */
import type { Command } from 'commander';
import { withModem } from '../open.ts';
import { jsonOption, type ModemFlags, modemOption, type OutputFlags, traceOption } from '../options.ts';
import { printJson, printTable } from '../output.ts';

export function addInfo(program: Command, signal: AbortSignal): void {
  program
    .command('info')
    .description('manufacturer, model, firmware, dialect and number of connections')
    .addOption(modemOption())
    .addOption(traceOption())
    .addOption(jsonOption())
    .action((flags: ModemFlags & OutputFlags) =>
      withModem(flags, signal, async modem => {
        const info = modem.info();
        if (flags.json) printJson(info);
        else printTable({ ...info });
      }),
    );
}
