/** `atsock socks`: a SOCKS5 proxy, so that any program reaches the network over the modem. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Modem } from '../../modem.ts';
import { openSocksServer, type SocksOptions } from '../../socks/server.ts';
import { isLoopback, isSubnet } from '../../util/address-rules.ts';
import { untilStopped } from '../interruption.ts';
import { placeText, readPlace } from '../listen-place.ts';
import { parseLogin, readLoginFile } from '../login-file.ts';
import { lost, withModem } from '../open.ts';
import {
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
  UsageError,
} from '../options.ts';
import { complain, print, printJson } from '../output.ts';
import { textsThat } from '../value-readers.ts';

interface SocksFlags extends ModemFlags, OutputFlags {
  readonly listen: string;
  readonly loginFile?: string;
  readonly allow?: readonly string[];
}

const LOGIN_VARIABLE = 'ATSOCK_SOCKS_LOGIN';

export function addSocks(program: Command, signal: AbortSignal): void {
  program
    .command('socks')
    .description('a SOCKS5 proxy over the modem; prints its URL and runs until Ctrl-C')
    .addOption(modemOption())
    .option('--listen <host:port>', 'where clients connect to', '127.0.0.1:1080')
    .option(
      '--login-file <file>',
      `USER:PASSWORD that clients must give, in a file of mode 600 (or in ${LOGIN_VARIABLE})`,
    )
    .option(
      '--allow <subnet>',
      'let clients reach these addresses although they are local: 127.0.0.0/8; repeatable',
      textsThat(isSubnet, 'a subnet, such as 127.0.0.0/8 or fe80::/10, or an address'),
    )
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (flags: SocksFlags) => {
      const options = readOptions(flags);
      const work = withModem(flags, signal, modem => serve(modem, options, flags, signal));
      await untilStopped(work, signal);
    });
}

function readOptions({ listen, loginFile, allow }: SocksFlags): SocksOptions {
  const place = readPlace(listen);
  const given = process.env[LOGIN_VARIABLE];
  const login = loginFile
    ? readLoginFile(loginFile)
    : given === undefined
      ? undefined
      : parseLogin(given, LOGIN_VARIABLE);
  if (!login && !isLoopback(place.host))
    throw new UsageError(
      `--listen ${listen} is open to others: give --login-file FILE or ${LOGIN_VARIABLE}, or listen on 127.0.0.1`,
    );
  return { ...place, login, allow };
}

async function serve(
  modem: Modem,
  options: SocksOptions,
  { json }: OutputFlags,
  signal: AbortSignal,
): Promise<void> {
  const server = await openSocksServer(modem, options);
  const url = `socks5h://${placeText(server.address, server.port)}`;
  if (json) printJson({ url });
  else print(url);
  if (!isLoopback(options.host))
    complain('passwords and data pass between clients and this proxy in the clear');
  try {
    await Promise.race([once(signal, 'abort'), lost(modem)]);
  } finally {
    await server.close();
  }
}
