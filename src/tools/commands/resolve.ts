/** `atsock resolve NAME`: addresses of a name, by the modem's own resolver. */
import type { Command } from 'commander';
import { withModem } from '../open.ts';
import {
  type FamilyFlags,
  familyOf,
  familyOptions,
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
} from '../options.ts';
import { print, printJson } from '../output.ts';

export function addResolve(program: Command, signal: AbortSignal): void {
  const [ipv4, ipv6] = familyOptions();
  program
    .command('resolve')
    .description('addresses of a name, one per line')
    .argument('<name>')
    .addOption(modemOption())
    .addOption(ipv4)
    .addOption(ipv6)
    .addOption(traceOption())
    .addOption(jsonOption())
    .action((name: string, flags: ModemFlags & OutputFlags & FamilyFlags) =>
      withModem(flags, signal, async modem => {
        const addresses = await modem.dns.promises.lookup(name, { all: true, family: familyOf(flags) });
        if (flags.json) return printJson({ name, addresses });
        for (const { address } of addresses) print(address);
      }),
    );
}
