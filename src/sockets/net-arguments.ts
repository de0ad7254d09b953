/** The overloads of `connect()` and `listen()`, and the checks of their options, as Node's. */
import type { LookupAddress } from 'node:dns';
import { type BlockList, isIP } from 'node:net';
import { checkBoolean, checkFunction, checkInteger, checkNumber, checkPort } from './arguments.ts';
import { invalidArgumentType, nodeError } from './node-error.ts';

/** As `dns.lookup` in the forms that Node's sockets call. */
export type NetLookup = (
  hostname: string,
  options: { readonly family?: unknown; readonly hints: number; readonly all?: true },
  callback: (
    error: Error | null,
    address: string | readonly LookupAddress[] | undefined,
    family?: number,
  ) => void,
) => void;

/** What programs may give; nothing of it is checked yet. */
export interface ConnectOptions {
  readonly port?: unknown;
  readonly host?: string;
  readonly path?: unknown;
  readonly localAddress?: string;
  readonly localPort?: unknown;
  readonly family?: unknown;
  readonly hints?: number;
  readonly lookup?: unknown;
  readonly autoSelectFamily?: unknown;
  readonly autoSelectFamilyAttemptTimeout?: unknown;
  readonly timeout?: number;
  /** Of newer Nodes. */
  readonly blockList?: Pick<BlockList, 'check'>;
}

export interface ListenOptions {
  port?: unknown;
  readonly host?: string;
  readonly path?: unknown;
  readonly fd?: unknown;
  readonly signal?: unknown;
}

/** Where to connect to, in the words of the program. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly localPort: number;
  readonly family: unknown;
  readonly hints: number;
  readonly lookup: NetLookup | undefined;
  /** undefined: whatever the default is. */
  readonly autoSelectFamily: boolean | undefined;
  readonly attemptTimeoutMs: number | undefined;
  readonly blockList: Pick<BlockList, 'check'> | undefined;
}

/** `(options[, callback])`, `(path[, callback])` or `(port[, host][, …][, callback])`. */
export function sortArguments<Options extends ConnectOptions | ListenOptions>(
  given: readonly unknown[],
): { options: Options; callback: (() => void) | undefined } {
  const [first, second] = given;
  const last = given.at(-1);
  const callback = typeof last === 'function' ? (last as () => void) : undefined;
  if (typeof first === 'object' && first !== null) return { options: first as Options, callback };
  if (isPipeName(first)) return { options: { path: first } as Options, callback };
  const host = typeof second === 'string' && { host: second };
  return { options: (given.length === 0 ? {} : { port: first, ...host }) as Options, callback };
}

/** A path of a UNIX socket, and no number in text form. */
export const isPipeName = (value: unknown): boolean => typeof value === 'string' && !(Number(value) >= 0);

/** The shortest time between two attempts. */
const SHORTEST_ATTEMPT_MS = 10;

export function checkAttemptTimeout(value: unknown, name: string): number {
  checkInteger(value, name, 1, 0x7fff_ffff);
  return Math.max(value, SHORTEST_ATTEMPT_MS);
}

export function checkConnectOptions(options: ConnectOptions): Destination {
  const { host, port, localAddress, localPort, autoSelectFamily, autoSelectFamilyAttemptTimeout } = options;
  if (localAddress && !isIP(localAddress)) throw invalidIpAddress(localAddress);
  if (localPort) checkNumber(localPort, 'options.localPort');
  if (typeof port !== 'number' && typeof port !== 'string')
    throw invalidArgumentType('options.port', 'one of type number or string', port);
  const checkedPort = checkPort(port, { lowest: 0 });
  if (autoSelectFamily != null) checkBoolean(autoSelectFamily, 'options.autoSelectFamily');
  const attemptTimeoutMs =
    autoSelectFamilyAttemptTimeout == null
      ? undefined
      : checkAttemptTimeout(autoSelectFamilyAttemptTimeout, 'options.autoSelectFamilyAttemptTimeout');
  const name = host || 'localhost';
  if (!isIP(name) && options.lookup != null) checkFunction(options.lookup, 'options.lookup');
  return {
    host: name,
    port: checkedPort,
    localAddress: localAddress || undefined,
    localPort: Number(localPort ?? 0),
    family: FAMILIES[String(options.family)] ?? options.family,
    hints: options.hints || 0,
    lookup: (options.lookup as NetLookup | null | undefined) ?? undefined,
    autoSelectFamily: autoSelectFamily ?? undefined,
    attemptTimeoutMs,
    blockList: options.blockList,
  };
}

const FAMILIES: Readonly<Record<string, number>> = { IPv4: 4, IPv6: 6 };

export const invalidIpAddress = (address: unknown): Error =>
  nodeError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${address}`);

export function invalidAddressFamily(family: unknown, host: string, port: number): Error {
  const message = `Invalid address family: ${family} ${host}:${port}`;
  return Object.assign(nodeError(RangeError, 'ERR_INVALID_ADDRESS_FAMILY', message), { host, port });
}

export const blockedAddress = (address: string): Error =>
  nodeError(Error, 'ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);
