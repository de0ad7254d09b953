/** `atsock udp HOST PORT`: sends datagrams and prints what comes back. */
import type { RemoteInfo, Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { Modem } from '../../modem.ts';
import { withModem } from '../open.ts';
import {
  type FamilyFlags,
  familyOf,
  familyOptions,
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  readHex,
  traceOption,
  UsageError,
  whole,
} from '../options.ts';
import { complain, JsonArray, print, printableText } from '../output.ts';

interface UdpFlags extends ModemFlags, OutputFlags, FamilyFlags {
  readonly data?: string;
  readonly hex?: Buffer;
  readonly file?: string;
  readonly wait?: number;
  readonly listen?: number;
  readonly count?: number;
}

interface Peer {
  readonly host: string;
  readonly port: number;
}

/** How long answers are waited for after the last datagram, unless told otherwise. */
const WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 2 ** 31 - 1;

const readPort = whole(1, 65_535);

export function addUdp(program: Command, signal: AbortSignal): void {
  const [ipv4, ipv6] = familyOptions();
  program
    .command('udp')
    .description('datagrams: each line of standard input is one; prints what comes back')
    .argument('[host]', 'name or address; may be left out with --listen')
    .argument('[port]', 'UDP port number', readPort)
    .addOption(modemOption())
    .addOption(new Option('--data <text>', 'send this text as one datagram').conflicts(['hex', 'file']))
    .addOption(new Option('--hex <digits>', 'send these bytes').argParser(readHex).conflicts('file'))
    .addOption(new Option('--file <file>', 'send what a file holds as one datagram'))
    .option(
      '--wait <ms>',
      `wait so long for answers after the last datagram (${WAIT_MS}; with --listen for ever)`,
      whole(0, LONGEST_WAIT_MS),
    )
    .option('--listen <port>', 'local port number to receive on, 0 for any', whole(0, 65_535))
    .option('--count <n>', 'end when so many datagrams have come; fewer are a failure', whole(1, 1e9))
    .addOption(ipv4)
    .addOption(ipv6)
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (host: string | undefined, port: number | undefined, flags: UdpFlags) => {
      const peer = readPeer(host, port, flags);
      const output = flags.json ? new JsonArray() : undefined;
      const show = (data: Buffer, from: RemoteInfo): void =>
        output ? output.add(describe(data, from)) : print(textOf(data));
      try {
        await withModem(flags, signal, modem => exchange(modem, peer, flags, show));
      } finally {
        output?.end();
      }
    });
}

function readPeer(host: string | undefined, port: number | undefined, flags: UdpFlags): Peer | undefined {
  if (host !== undefined && port === undefined) throw new UsageError(`the port number of ${host} is missing`);
  if (host !== undefined && port !== undefined) return { host, port };
  if (flags.listen === undefined) throw new UsageError('give HOST and PORT, or --listen PORT, or both');
  if (flags.data !== undefined || flags.hex || flags.file !== undefined)
    throw new UsageError('give HOST and PORT for what is to be sent');
  return undefined;
}

async function exchange(
  modem: Modem,
  peer: Peer | undefined,
  flags: UdpFlags,
  show: (data: Buffer, from: RemoteInfo) => void,
): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, listen } = flags;
  const wait = flags.wait ?? (listen === undefined ? WAIT_MS : undefined);
  const { address, family } = await findPeer(modem, peer, familyOf(flags));
  const socket = modem.dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
  let received = 0;
  const enough = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data, from) => {
      if (received < count) show(data, from);
      if (++received === count) resolve();
    });
  });
  const work = async (): Promise<void> => {
    if (listen !== undefined) await bind(socket, listen);
    if (peer) await sendAll(socket, { host: address, port: peer.port }, flags);
    await (wait === undefined ? enough : pause(wait));
  };
  try {
    await Promise.race([enough, work()]);
  } finally {
    await close(socket);
  }
  if (received < count && Number.isFinite(count)) throw new Error(`${received} of ${count} datagrams came`);
}

async function findPeer(
  modem: Modem,
  peer: Peer | undefined,
  wanted: 0 | 4 | 6,
): Promise<{ address: string; family: number }> {
  if (!peer) return { address: '', family: wanted || 4 };
  const literal = isIP(peer.host);
  if (literal && wanted && literal !== wanted) throw new UsageError(`${peer.host} is not IPv${wanted}`);
  return modem.dns.promises.lookup(peer.host, { family: wanted });
}

async function bind(socket: Socket, port: number): Promise<void> {
  await new Promise<void>(resolve => socket.bind(port, resolve));
  const local = socket.address();
  complain(`listening on ${local.address} port ${local.port}`);
}

const close = (socket: Socket): Promise<void> => new Promise(resolve => socket.close(resolve));

async function sendAll(socket: Socket, to: Peer, flags: UdpFlags): Promise<void> {
  const send = (data: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(data, to.port, to.host, error => (error ? reject(error) : resolve()));
    });
  const single = oneDatagram(flags);
  if (single) return send(single);
  let failed = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    // One that is too long is no reason to drop the ones behind it.
    await send(Buffer.from(line)).catch((error: Error) => {
      failed++;
      complain(error.message);
    });
  }
  if (failed > 0) throw new Error(`${failed} datagrams were not sent`);
}

function oneDatagram({ data, hex, file }: UdpFlags): Uint8Array | undefined {
  if (data !== undefined) return Buffer.from(data);
  return hex ?? (file === undefined ? undefined : readFileSync(file));
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
