/** `atsock udp HOST PORT`: datagrams from standard input or options, and what comes back. */
import type { RemoteInfo } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Modem } from '../../modem.ts';
import { untilStopped } from '../interruption.ts';
import { withModem } from '../open.ts';
import {
  type FamilyFlags,
  familyOf,
  familyOptions,
  jsonOption,
  type ModemFlags,
  milliseconds,
  modemOption,
  type OutputFlags,
  readHex,
  traceOption,
  UsageError,
  whole,
} from '../options.ts';
import { JsonArray, print, printableText } from '../output.ts';
import { readService, type Service } from '../service.ts';
import { exchangeUdp } from '../udp-exchange.ts';

interface UdpFlags extends ModemFlags, OutputFlags, FamilyFlags {
  readonly data?: string;
  readonly hex?: Buffer;
  readonly file?: string;
  readonly wait?: number;
  readonly listen?: number;
  readonly count?: number;
}

/** How long answers are waited for after the last datagram, unless told otherwise. */
const WAIT_MS = 1_000;

export function addUdp(program: Command, signal: AbortSignal): void {
  const [ipv4, ipv6] = familyOptions();
  program
    .command('udp')
    .description('datagrams: each line of standard input is one; prints what comes back')
    .argument('[host]', 'name or address; may be left out with --listen')
    .argument('[port]', 'UDP port number', whole(1, 65_535))
    .addOption(modemOption())
    .addOption(new Option('--data <text>', 'send this text as one datagram').conflicts(['hex', 'file']))
    .addOption(new Option('--hex <digits>', 'send these bytes').argParser(readHex).conflicts('file'))
    .addOption(new Option('--file <file>', 'send what a file holds as one datagram'))
    .option(
      '--wait <ms>',
      `wait so long for answers after the last datagram (${WAIT_MS}; with --listen for ever)`,
      milliseconds,
    )
    .option('--listen <port>', 'local port number to receive on, 0 for any', whole(0, 65_535))
    .option('--count <n>', 'end when so many datagrams have come; fewer are a failure', whole(1, 1e9))
    .addOption(ipv4)
    .addOption(ipv6)
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (host: string | undefined, port: number | undefined, flags: UdpFlags) => {
      const service = readService(host, port, flags);
      checkUse(service, flags);
      const data = readDatagram(flags);
      const { listen, count, wait = listen === undefined ? WAIT_MS : undefined } = flags;
      const array = flags.json ? new JsonArray() : undefined;
      const show = (datagram: Buffer, from: RemoteInfo): void =>
        array ? array.add(describe(datagram, from)) : print(textOf(datagram));
      try {
        const work = withModem(flags, signal, async modem => {
          const where = await findPeer(modem, service, familyOf(flags));
          await exchangeUdp(modem, { ...where, data, listen, wait, count, show }, signal);
        });
        await (wait === undefined && count === undefined ? untilStopped(work, signal) : work);
      } finally {
        array?.end();
      }
    });
}

/** @throws UsageError */
function checkUse(service: Service | undefined, { listen, data, hex, file }: UdpFlags): void {
  if (service) return;
  if (listen === undefined) throw new UsageError('give HOST and PORT, or --listen PORT, or both');
  if ((data ?? hex ?? file) !== undefined) throw new UsageError('give HOST and PORT for what is to be sent');
}

function readDatagram({ data, hex, file }: UdpFlags): Uint8Array | undefined {
  if (data !== undefined) return Buffer.from(data);
  return hex ?? (file === undefined ? undefined : readFileSync(file));
}

async function findPeer(modem: Modem, service: Service | undefined, wanted: 0 | 4 | 6) {
  if (!service) return { family: wanted || 4, peer: undefined } as const;
  const { address, family } = await modem.dns.promises.lookup(service.host, { family: wanted });
  return { family: family === 6 ? 6 : 4, peer: { address, port: service.port } } as const;
}

function textOf(data: Buffer): string {
  return printableText(data)?.replace(/\r?\n$/, '') ?? data.toString('hex');
}

function describe(data: Buffer, { address, port }: RemoteInfo): object {
  const text = printableText(data);
  return {
    address,
    port,
    bytes: data.length,
    hex: data.toString('hex'),
    ...(text !== undefined && { text }),
  };
}
