/** The messages of SOCKS5 as bytes, read and written without state (RFC 1928, RFC 1929). */
import { isIPv4, isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';

export const METHOD = { none: 0x00, login: 0x02, noneOfThem: 0xff } as const;
export const COMMAND = { connect: 1, udpAssociate: 3 } as const;

/** RFC 1928 6. */
export const REPLY = {
  succeeded: 0,
  failed: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  timedOut: 6,
  unknownCommand: 7,
  unknownAddressType: 8,
} as const;

const VERSION = 5;
const LOGIN_VERSION = 1;
const ADDRESS_TYPE = { ipv4: 1, name: 3, ipv6: 4 } as const;
/** VER, CMD, RSV before the address of a request; RSV, RSV, FRAG before that of a datagram. */
const HEAD_BYTES = 3;

export interface Target {
  /** An address, or a name in printable ASCII. */
  readonly host: string;
  readonly port: number;
}

export interface Greeting {
  readonly kind: 'greeting';
  readonly methods: readonly number[];
}

export interface LoginAttempt {
  readonly kind: 'login';
  readonly user: Buffer;
  readonly password: Buffer;
}

export interface Request {
  readonly kind: 'request';
  readonly command: number;
  readonly target: Target;
}

/** What cannot be understood, and how it is answered before the connection is closed. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly answer: Buffer;
}

export type Message = Greeting | LoginAttempt | Request | Malformed;

/** A message and how many bytes it took; undefined: not all of it is there yet. */
export type Read<T> = { readonly message: T; readonly length: number } | undefined;

export function readGreeting(bytes: Buffer): Read<Greeting | Malformed> {
  const [version, count] = bytes;
  if (version === undefined) return undefined;
  // SOCKS4, HTTP, TLS …: nothing that such a client would understand can be said.
  if (version !== VERSION) return malformed(Buffer.alloc(0));
  const length = 2 + (count ?? 0);
  if (count === undefined || bytes.length < length) return undefined;
  return { message: { kind: 'greeting', methods: [...bytes.subarray(2, length)] }, length };
}

export function readLogin(bytes: Buffer): Read<LoginAttempt | Malformed> {
  const [version] = bytes;
  if (version === undefined) return undefined;
  if (version !== LOGIN_VERSION) return malformed(formatLoginResult(false));
  const user = readShort(bytes, 1);
  const password = user && readShort(bytes, user.end);
  if (!password) return undefined;
  return { message: { kind: 'login', user: user.text, password: password.text }, length: password.end };
}

export function readRequest(bytes: Buffer): Read<Request | Malformed> {
  const [version, command, , type] = bytes;
  if (version === undefined) return undefined;
  if (version !== VERSION) return malformed(formatReply(REPLY.failed));
  if (command === undefined || type === undefined) return undefined;
  if (!Object.values<number>(ADDRESS_TYPE).includes(type))
    return malformed(formatReply(REPLY.unknownAddressType));
  const found = readTarget(bytes);
  if (!found) return undefined;
  const { target, end } = found;
  // No resolver could be asked for such a name.
  if (!target) return malformed(formatReply(REPLY.hostUnreachable));
  return { message: { kind: 'request', command, target }, length: end };
}

/** Undefined for what is dropped: fragments (RFC 1928 7), and what is no datagram for anybody. */
export function parseDatagram(bytes: Buffer): { readonly target: Target; readonly data: Buffer } | undefined {
  if (bytes.length <= HEAD_BYTES || bytes[2] !== 0) return undefined;
  const { target, end = 0 } = readTarget(bytes) ?? {};
  return target && target.port !== 0 ? { target, data: bytes.subarray(end) } : undefined;
}

export const formatMethod = (method: number): Buffer => Buffer.from([VERSION, method]);

export const formatLoginResult = (admitted: boolean): Buffer =>
  Buffer.from([LOGIN_VERSION, admitted ? 0 : 1]);

/** Without an address: all zero, as in refusals. */
export const formatReply = (code: number, address = '0.0.0.0', port = 0): Buffer =>
  Buffer.concat([Buffer.from([VERSION, code, 0]), formatAddress(address, port)]);

export const formatDatagram = (address: string, port: number, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.alloc(HEAD_BYTES), formatAddress(address, port), data]);

const malformed = (answer: Buffer): Read<Malformed> => ({
  message: { kind: 'malformed', answer },
  length: 0,
});

interface Found {
  /** Undefined for a name that is none. */
  readonly target: Target | undefined;
  readonly end: number;
}

/** ATYP, address and port number. */
function readTarget(bytes: Buffer): Found | undefined {
  const start = HEAD_BYTES + 1;
  switch (bytes[HEAD_BYTES]) {
    case ADDRESS_TYPE.ipv4:
      return withPort(bytes, start + 4, () => bytes.subarray(start, start + 4).join('.'));
    case ADDRESS_TYPE.ipv6:
      return withPort(bytes, start + 16, () =>
        Address6.fromByteArray([...bytes.subarray(start, start + 16)]).correctForm(),
      );
    case ADDRESS_TYPE.name: {
      const name = readShort(bytes, start);
      return name && withPort(bytes, name.end, () => hostName(name.text));
    }
    default:
      return undefined;
  }
}

function withPort(bytes: Buffer, at: number, read: () => string | undefined): Found | undefined {
  if (bytes.length < at + 2) return undefined;
  const host = read();
  return {
    target: host === undefined ? undefined : { host, port: bytes.readUInt16BE(at) },
    end: at + 2,
  };
}

/** Whether the name can be asked for is for the resolver to say; here it becomes text that hides nothing. */
const hostName = (text: Buffer): string | undefined =>
  /^[\x21-\x7e]+$/.test(text.toString('latin1')) ? text.toString('latin1') : undefined;

/** A byte that says how many follow, and these. */
function readShort(bytes: Buffer, at: number): { readonly text: Buffer; readonly end: number } | undefined {
  const length = bytes[at];
  if (length === undefined) return undefined;
  const end = at + 1 + length;
  return bytes.length < end ? undefined : { text: bytes.subarray(at + 1, end), end };
}

function formatAddress(address: string, port: number): Buffer {
  const portBytes = Buffer.from([port >> 8, port & 0xff]);
  if (isIPv4(address))
    return Buffer.concat([
      Buffer.from([ADDRESS_TYPE.ipv4]),
      Buffer.from(address.split('.').map(Number)),
      portBytes,
    ]);
  const digits = isIPv6(address) ? new Address6(address).canonicalForm().replaceAll(':', '') : '';
  return Buffer.concat([
    Buffer.from([ADDRESS_TYPE.ipv6]),
    Buffer.from(digits.padStart(32, '0'), 'hex'),
    portBytes,
  ]);
}
