/** `atsock tcp HOST PORT`: a TCP connection between standard input and standard output, like netcat. */
import { type Command, Option } from 'commander';
import { untilStopped } from '../interruption.ts';
import { withModem } from '../open.ts';
import {
  type FamilyFlags,
  familyOf,
  familyOptions,
  type ModemFlags,
  milliseconds,
  modemOption,
  traceOption,
  UsageError,
  whole,
} from '../options.ts';
import { readService } from '../service.ts';
import { answerTcp, callTcp } from '../tcp-exchange.ts';

interface TcpFlags extends ModemFlags, FamilyFlags {
  readonly listen?: number;
  readonly keep?: true;
  readonly wait: number;
}

/** How long the peer may be silent after the end of standard input, unless told otherwise. */
const WAIT_MS = 10_000;

export function addTcp(program: Command, signal: AbortSignal): void {
  const [ipv4, ipv6] = familyOptions();
  program
    .command('tcp')
    .description('a TCP connection: sends standard input and prints what comes, byte for byte')
    .argument('[host]', 'name or address')
    .argument('[port]', 'TCP port number', whole(1, 65_535))
    .addOption(modemOption())
    .addOption(
      new Option('--listen <port>', 'wait for a caller on this port number, 0 for any').argParser(
        whole(0, 65_535),
      ),
    )
    .option('--keep', 'with --listen: wait for the next caller too; they take turns')
    .option(
      '--wait <ms>',
      'after the end of standard input, close when the peer has been silent so long',
      milliseconds,
      WAIT_MS,
    )
    .addOption(ipv4)
    .addOption(ipv6)
    .addOption(traceOption())
    .action(async (host: string | undefined, port: number | undefined, flags: TcpFlags) => {
      const service = readService(host, port, flags);
      const { listen, keep = false, wait: waitMs } = flags;
      const family = familyOf(flags);
      if (keep && listen === undefined) throw new UsageError('--keep goes with --listen PORT');
      if ((service === undefined) === (listen === undefined))
        throw new UsageError('give either HOST and PORT or --listen PORT');
      const work = withModem(flags, signal, async modem => {
        if (service) await callTcp(modem, service, family, waitMs);
        else await answerTcp(modem, { port: listen ?? 0, family, keep, waitMs }, signal);
      });
      await (keep ? untilStopped(work, signal) : work);
    });
}
