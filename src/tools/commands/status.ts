/** `atsock status`: registration, signal, addresses, and what the network gives. */
import { isIPv4, isIPv6 } from 'node:net';
import type { Command } from 'commander';
import type { ModemStatus } from '../../modem-figures.ts';
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
          network: familiesOf(status),
        });
      }),
    );
}

/** Undefined while the modem has no address. */
function familiesOf({ addresses, nat64 }: ModemStatus): string | undefined {
  const [has4, has6] = [addresses.some(isIPv4), addresses.some(isIPv6)];
  if (has4) return has6 ? 'IPv4 and IPv6' : 'IPv4 only';
  if (!has6) return undefined;
  return nat64 === undefined ? 'IPv6 only, no NAT64' : `IPv6 only, NAT64 prefix ${nat64}`;
}
