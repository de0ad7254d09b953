/** The socket commands of Sequans modems (sequans.md 3): command lines and how their replies are read. */
import { type Command, type InfoLine, read, set } from '../../at/command.ts';
import { Bare, type Param } from '../../at/params.ts';
import type { Endpoint, Family } from '../../driver/port.ts';
import { parseAddress } from '../../threegpp/address.ts';
import { identifyCard, restart } from '../../threegpp/commands.ts';
import { number } from '../../threegpp/number.ts';

/** Largest payload of one SQNSSENDEXT or SQNSRECV (3.6, 3.8). */
export const MAX_BYTES = 1500;

/** The modem's own limit for a TCP connection to come up; meanwhile it hears no other command. */
export const CONNECT_MS = 30_000;
/** It answers after that limit plus the time for a name (3.4). */
const DIAL_MS = CONNECT_MS + 15_000;
const SEND_MS = 15_000;
const RECEIVE_MS = 10_000;
const CLOSE_MS = 12_000;
const LOOKUP_MS = 20_000;

const TCP = 0;
const UDP = 1;
const COMMAND_MODE = 1;
const NO_CARRIER = { failed: ['NO CARRIER'] };
const done = (): void => {};

/** Who may talk over a UDP connection (3.4, acceptAnyRemote). */
export const ONLY_PEER = 0;
export const ANY_REMOTE = 2;

/** SQNSCFG: no idle limit, which would close silent sockets after 90 s; the rest as the modem ships (3.2). */
export const socketConfig = (cid: number): number[] => [cid, 0, 0, CONNECT_MS / 100, 50];

/** SQNSCFGEXT: rings with a length, no automatic accept, payloads raw or in hex both ways (3.3). */
export const extendedConfig = (hex: boolean): number[] => [1, hex ? 1 : 0, 0, 0, hex ? 1 : 0];

/** 2.1, 9. */
export const readCard = identifyCard('+SQNCCID');
export const reset = restart('^RESET');

export type ConfigName = '+SQNSCFG' | '+SQNSCFGEXT';

/** The settings of each connection id. */
export const readConfig = (name: ConfigName): Command<Map<number, readonly Param[]>> =>
  read(name, { parse: ({ info }) => new Map(info.map(({ params: [id, ...rest] }) => [number(id), rest])) });

export const writeConfig = (name: ConfigName, id: number, values: readonly number[]): Command =>
  set(name, [id, ...values]);

/** Opens a UDP connection to a peer. `localPort` 0: the modem chooses. */
export const dialUdp = (
  id: number,
  { address, port }: Endpoint,
  localPort: number,
  remotes: number,
): Command =>
  set('+SQNSD', [id, UDP, port, address, 0, localPort, COMMAND_MODE, remotes], {
    timeoutMs: DIAL_MS,
    finals: NO_CARRIER,
    parse: done,
  });

/** Opens a TCP connection; the modem chooses the local port (3.4). */
export const dialTcp = (id: number, { address, port }: Endpoint): Command =>
  set('+SQNSD', [id, TCP, port, address, 0, 0, COMMAND_MODE], {
    timeoutMs: DIAL_MS,
    finals: NO_CARRIER,
    parse: done,
  });

/** Waits for one caller (3.12). */
export const listenTcp = (id: number, family: Family, localPort: number): Command =>
  set('+SQNSL', [id, family === 4 ? 1 : 2, localPort]);

/** Waits for the first datagram of anybody (3.12). */
export const listenUdp = (id: number, family: Family, localPort: number): Command =>
  set('+SQNSLUDP', [id, family === 4 ? 1 : 2, localPort]);

export const accept = (id: number): Command =>
  set('+SQNSA', [id, COMMAND_MODE], { finals: NO_CARRIER, parse: done });

export const close = (id: number): Command => set('+SQNSH', [id], { timeoutMs: CLOSE_MS, parse: done });

/**
 * `remote` only where the connection takes any. Whether its address wants quotes is not known (3.6): `quoted`.
 */
export function send(
  id: number,
  data: Uint8Array,
  { hex, remote, quoted = true }: { hex: boolean; remote?: Endpoint | undefined; quoted?: boolean },
): Command {
  const to = remote ? [0, quoted ? remote.address : new Bare(remote.address), remote.port] : [];
  return set('+SQNSSENDEXT', [id, data.length, ...to], {
    // A view, not a copy: the payload is written at once when the prompt comes.
    payload: hex ? Buffer.from(hexOf(data), 'latin1') : data,
    timeoutMs: SEND_MS,
    parse: done,
  });
}

const hexOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex').toUpperCase();

export interface Received {
  readonly data: Buffer;
  /** The sender, where the firmware tells (3.8). */
  readonly remote: Endpoint | undefined;
}

/** One datagram or piece of a stream; undefined if none waits. Of a datagram the rest might be lost: ask for all. */
export const receive = (id: number, hex: boolean, maxBytes = MAX_BYTES): Command<Received | undefined> =>
  set('+SQNSRECV', [id, maxBytes], {
    prefix: '+SQNSRECV',
    text: hex,
    consumes: true,
    timeoutMs: RECEIVE_MS,
    parse: ({ info: [header, line], disturbed }) => {
      const [from, length, address, port] = header?.params ?? [];
      if (from !== id || typeof length !== 'number') throw new TypeError('no header of this connection');
      if (length === 0 && disturbed) throw new TypeError('something behind a header of nothing');
      if (length === 0) return undefined;
      const data = hex ? fromHex(line, length) : header?.data;
      if (!data) throw new TypeError('no data behind the header');
      return { data, remote: endpoint(address, port) };
    },
  });

/** Whether the count means bytes or hex digits is not known (sequans.md 13.5); the line itself tells. */
function fromHex(line: InfoLine | undefined, length: number): Buffer {
  const text = line?.text ?? '';
  if (!/^([0-9A-Fa-f]{2})+$/.test(text) || (text.length !== 2 * length && text.length !== length)) {
    throw new TypeError(`not ${length} bytes in hex`);
  }
  return Buffer.from(text, 'hex');
}

export function endpoint(address: Param, port: Param): Endpoint | undefined {
  const found = typeof address === 'string' ? parseAddress(address) : undefined;
  const portNumber = Number(port);
  return found && Number.isInteger(portNumber) && portNumber < 65_536
    ? { ...found, port: portNumber }
    : undefined;
}

export interface Counters {
  /** Bytes that wait to be read. */
  readonly buffered: number;
  /** Bytes sent that the peer has not acknowledged. */
  readonly unacknowledged: number;
}

/** 3.10 */
export const readCounters = (id: number): Command<Counters> =>
  set('+SQNSI', [id], {
    prefix: '+SQNSI',
    parse: ({ info }) => {
      const [, , , buffered, unacknowledged] = info.find(({ params }) => params[0] === id)?.params ?? [];
      return { buffered: number(buffered), unacknowledged: number(unacknowledged) };
    },
  });

/** States of a connection that matter (3.11). */
export const CLOSED = 0;
export const PENDING = 3;
export const LISTENING = 4;
export const INCOMING = 5;
export const OPENING = 6;

export interface Status {
  readonly id: number;
  readonly state: number;
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
}

/** All connections. Firmware knows `AT+SQNSS` or `AT+SQNSS?` (sequans.md 13.4). */
export const readStatus = (form: '' | '?'): Command<Status[]> => ({
  line: `+SQNSS${form}`,
  prefix: '+SQNSS',
  parse: ({ info }) =>
    info.map(({ params: [id, state, localAddress, localPort, address, port] }) => ({
      id: number(id),
      state: number(state),
      local: endpoint(localAddress, localPort),
      remote: endpoint(address, port),
    })),
});

/** Addresses by the modem's resolver: quoted or not, many in a line, many lines (3.15). */
export const lookup = (name: string, family: Family): Command<string[]> =>
  set('+SQNDNSLKUP', [name, family === 4 ? 0 : 1], {
    prefix: '+SQNDNSLKUP',
    timeoutMs: LOOKUP_MS,
    parse: ({ info }) =>
      info
        .flatMap(({ params }) => params.slice(1))
        .flatMap(param => parseAddress(String(param ?? '')) ?? [])
        .filter(found => found.family === family)
        .map(({ address }) => address),
  });
