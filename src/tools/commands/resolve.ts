/** `atsock resolve NAME`: addresses of a name, or its records of another type. */
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseServer } from '../../dns/servers.ts';
import { RECORD_TYPES } from '../../sockets/dns.ts';
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
import { print, printJson, visible } from '../output.ts';
import { plainRecord, recordText } from '../record-text.ts';

interface ResolveFlags extends ModemFlags, OutputFlags, FamilyFlags {
  readonly server?: readonly string[];
  readonly type?: string;
}

export function addResolve(program: Command, signal: AbortSignal): void {
  const [ipv4, ipv6] = familyOptions();
  program
    .command('resolve')
    .description('addresses of a name, one per line; with --type its records of that type')
    .argument('<name>')
    .addOption(modemOption())
    .addOption(ipv4)
    .addOption(ipv6)
    .addOption(serverOption())
    .addOption(typeOption())
    .addOption(traceOption())
    .addOption(jsonOption())
    .action((name: string, flags: ResolveFlags) => {
      const { type, server, json } = flags;
      const options = server ? { dns: server.join() } : {};
      return withModem(
        flags,
        signal,
        async ({ dns: { promises } }) => {
          if (type === undefined) {
            const addresses = await promises.lookup(name, { all: true, family: familyOf(flags) });
            if (json) return printJson({ name, addresses });
            for (const { address } of addresses) print(address);
            return;
          }
          const records = await recordsOf(promises, name, type);
          if (json) return printJson({ name, type, records: records.map(plainRecord) });
          for (const record of records) print(visible(recordText(type, record)));
        },
        options,
      );
    });
}

const serverOption = (): Option =>
  new Option(
    '--server <address[:port]>',
    'ask this name server; several are asked in turn (IPv6 with port: [2001:db8::1]:53)',
  ).argParser((text, earlier: readonly string[] = []) => {
    if (parseServer(text)) return [...earlier, text];
    throw new InvalidArgumentError('It must be an address, with a port number if need be.');
  });

const typeOption = (): Option =>
  new Option('--type <type>', `type of records: ${RECORD_TYPES.join(', ')}`)
    .conflicts(['ipv4', 'ipv6'])
    .argParser(text => {
      const type = text.toUpperCase();
      if (RECORD_TYPES.includes(type)) return type;
      throw new InvalidArgumentError(`It must be one of ${RECORD_TYPES.join(', ')}.`);
    });

/** An address stands for the name under which its names are found. */
async function recordsOf(
  { resolve, reverse }: typeof import('node:dns').promises,
  name: string,
  type: string,
): Promise<readonly unknown[]> {
  const found: unknown = await (type === 'PTR' && isIP(name) ? reverse(name) : resolve(name, type));
  return Array.isArray(found) ? found : [found];
}
