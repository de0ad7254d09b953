/** The QFWD commands (quectel-qfwd.md 1): command lines and how their replies are read. */
import { type Command, type InfoLine, read, set } from '../../at/command.ts';
import type { Param } from '../../at/params.ts';
import type { Endpoint } from '../../driver/port.ts';
import { parseAddress } from '../../threegpp/address.ts';
import { identifyCard, restart } from '../../threegpp/commands.ts';
import { number } from '../../threegpp/number.ts';
import type { Choice } from './capabilities.ts';
import type { Form } from './forms.ts';

/** Largest payload of one QFWDSEND or QFWDRECV (1.3, 1.4). */
export const MAX_BYTES = 1024;
/** Payload bytes of a hex send that fit under either reading of that limit (3.5). */
export const SAFE_HEX_BYTES = 512;

/** The longest that the modem takes (1.1). */
const BACKLOG = 10;
const IDLE_S = 65_535;

/** at-generic.md 6, 27.007 8.2. */
export const readCard = identifyCard('+QCCID');
export const reset = restart('+CFUN=1,1');

/** The manual states no limits. */
const OPEN_MS = 15_000;
const SEND_MS = 15_000;
const CLOSE_MS = 12_000;

const done = (): void => {};

export type Protocol = 'tcp' | 'udp';

/** All that an opening command says, in whatever form. `place` is the peer of a client, or where a server listens. */
export interface Opening {
  readonly id: number;
  readonly cid: number;
  readonly apn: string;
  readonly protocol: Protocol;
  readonly place: Endpoint;
  readonly urcPort: string;
}

/** 1.2. `OK` says only that the values were taken; the outcome is a URC. */
export const openClient = (opening: Opening, form: Form): Command =>
  set(
    '+QFWDCLIENT',
    [
      ...beginning(opening, form),
      opening.place.address,
      opening.place.port,
      ...(form.port ? [opening.urcPort] : []),
    ],
    { timeoutMs: OPEN_MS, parse: done },
  );

/** 1.1. The idle limit would close silent peers after a minute: the longest there is. */
export const openServer = (name: Choice<'server'>, opening: Opening, form: Form): Command =>
  set(
    name,
    [
      ...beginning(opening, form),
      opening.place.port,
      BACKLOG,
      ...(form.idle ? [IDLE_S] : []),
      ...(form.port ? [opening.urcPort] : []),
    ],
    { timeoutMs: OPEN_MS, parse: done },
  );

function beginning(
  { id, cid, apn, protocol, place }: Opening,
  { order, spelling }: Form,
): (string | number)[] {
  const [ip = '', tcp = ''] = spelling.split(' ');
  const version = place.family === 4 ? ip : `${ip}V6`;
  return [
    ...(order === 'cid' ? [cid, id] : [id, apn]),
    ip === 'ip' ? version.toLowerCase() : version,
    tcp === 'TCP' ? protocol.toUpperCase() : protocol,
  ];
}

export interface ClientEntry {
  readonly id: number;
  /** undefined while it is all zeros. */
  readonly localAddress: string | undefined;
  readonly localPort: number;
}

/** Clients and accepted sockets (1.2). */
export const readClients = read('+QFWDCLIENT', {
  parse: ({ info }): ClientEntry[] =>
    info.map(({ params: [id, , , , , localAddress, localPort] }) => ({
      id: number(id),
      localAddress: parseAddress(String(localAddress ?? ''))?.address,
      localPort: Number(localPort) || 0,
    })),
});

/** The ids of all servers (1.1). */
export const readServers = (name: Choice<'server'>): Command<number[]> =>
  read(name, {
    prefix: ['+QFWDSEVER', '+QFWDSERVER'],
    parse: ({ info }) => info.map(({ params }) => number(params[0])),
  });

export interface AcceptedEntry {
  readonly id: number;
  readonly remote: Endpoint | undefined;
}

/** The sockets that a server has accepted and that are open (1.6). */
export const readAccepted = (name: Choice<'state'>, server: number): Command<AcceptedEntry[]> =>
  set(name, [server], {
    prefix: ['+QFWDSTATE', '+QFWDSSSTATE'],
    parse: ({ info }) =>
      info.map(({ params: [, id, address, port] }) => ({ id: number(id), remote: endpoint(address, port) })),
  });

export const close = (name: Choice<'close'>, id: number): Command =>
  set(name, [id], { timeoutMs: CLOSE_MS, parse: done });

/** How many bytes were taken; undefined: the input was cancelled, and none (1.3). */
type Sent = number | undefined;

/** Fixed length: every byte counts as itself, or so it should (3.5). */
export const send = (id: number, data: Uint8Array): Command<Sent> =>
  set('+QFWDSEND', [id, 0, data.length], {
    prefix: '+QFWDSEND',
    payload: data,
    timeoutMs: SEND_MS,
    parse: ({ info }) => taken(info, data.length, data.length),
  });

/** Variable length in hex digits. Owns lines without a name: some firmware echoes what it is given. */
export const sendHex = (id: number, data: Uint8Array): Command<Sent> =>
  set('+QFWDSEND', [id, 1], {
    prefix: '+QFWDSEND',
    text: true,
    openEnded: true,
    payload: Buffer.from(`${hexOf(data)}\x1a`, 'latin1'),
    timeoutMs: SEND_MS,
    parse: ({ info }) => taken(info, data.length, 2 * data.length),
  });

const hexOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex').toUpperCase();

/** @param all what the modem counts if it takes everything: bytes, or perhaps hex digits */
function taken(info: readonly InfoLine[], bytes: number, all: number): Sent {
  const line = info.find(({ text }) => text.startsWith('+QFWDSEND'));
  if (!line) return undefined;
  const count = number(line.params[1]);
  if (count <= bytes) return count;
  if (count === all) return bytes;
  throw new TypeError(`${count} bytes of ${bytes} cannot be`);
}

/** At most so many bytes of a stream, or one datagram; undefined if none waits (1.4, and rows 4 and 5 of section 2). */
export const receive = (name: Choice<'read'>, id: number, maxBytes: number): Command<Buffer | undefined> =>
  set(name, [id, maxBytes], {
    prefix: ['+QFWDRECV', '+QFWDPRECV', '+QFWDACK'],
    consumes: true,
    parse: ({ info: [header], disturbed }) => {
      if (header?.params[0] !== id) throw new TypeError('no header of this socket');
      if (header.params[1] === 0 && disturbed) throw new TypeError('something behind a header of nothing');
      if (header.params[1] === 0) return undefined;
      if (!header.data) throw new TypeError('no data behind the header');
      return header.data;
    },
  });

/** What waits in the modem's buffers, in bytes (1.5). */
export interface Buffers {
  readonly unsent: number;
  readonly sendRoom: number;
  readonly sendSize: number;
  readonly unread: number;
}

export const readBuffers = (id: number): Command<Buffers> =>
  set('+QFWDACK', [id], {
    prefix: '+QFWDACK',
    parse: ({ info: [line] }) => {
      const [from, unsent, sendRoom, sendSize, unread] = line?.params ?? [];
      if (from !== id) throw new TypeError('not about this socket');
      return {
        unsent: number(unsent),
        sendRoom: number(sendRoom),
        sendSize: number(sendSize),
        unread: number(unread),
      };
    },
  });

/** Where the URCs of a socket go (1.8); undefined where the answer does not say. */
export const readUrcPort = (id: number): Command<string | undefined> =>
  set('+QFWDCFG', ['urc', id], {
    prefix: '+QFWDCFG',
    // A line break in the manual's own text: "usbmode m" (row 10).
    parse: ({ info: [line] }) =>
      String(line?.params[2] ?? '')
        .replace(/\s/g, '')
        .toLowerCase() || undefined,
  });

export const writeUrcPort = (id: number, port: string): Command => set('+QFWDCFG', ['urc', id, port]);

/** A test command: whether it is known. The names in its answers are not to be relied on (row 5). */
export const isKnown = (name: string): Command<true> => ({
  line: `${name}=?`,
  prefix: [name, '+QFWDPRECV'],
  text: true,
  parse: () => true,
});

export function endpoint(address: Param, port: Param): Endpoint | undefined {
  const found = typeof address === 'string' ? parseAddress(address) : undefined;
  const portNumber = Number(port);
  const isPort = Number.isInteger(portNumber) && portNumber > 0 && portNumber <= 65_535;
  return found && isPort ? { ...found, port: portNumber } : undefined;
}
