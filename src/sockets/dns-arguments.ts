/** Node's checks of what `dns` functions are given. */
import type { LookupOptions } from 'node:dns';
import dns from 'node:dns';
import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { parseServer } from '../dns/servers.ts';
import type { Endpoint, Family } from '../driver/port.ts';
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNumber,
  checkString,
  checkUint32,
} from './arguments.ts';
import { invalidArgumentType, nodeError } from './node-error.ts';

export type Callback = (...outcome: unknown[]) => void;

export function checkCallback(value: unknown): asserts value is Callback {
  checkFunction(value, 'callback');
}

export const RESULT_ORDERS = ['verbatim', 'ipv4first', 'ipv6first'] as const;
export type ResultOrder = (typeof RESULT_ORDERS)[number];

const FAMILIES = [0, 4, 6] as const;
const NAMED_FAMILIES: Readonly<Record<string, Family>> = { IPv4: 4, IPv6: 6 };
const HINTS = dns.ADDRCONFIG | dns.V4MAPPED | dns.ALL;

export interface LookupRequest {
  readonly family: Family | 0;
  readonly hints: number;
  readonly all: boolean;
  readonly order: ResultOrder;
}

/** @param options what a program gave; a number is a family */
export function readLookupOptions(options: unknown, defaultOrder: ResultOrder): LookupRequest {
  const usual = { family: 0, hints: 0, all: false, order: defaultOrder } as const;
  if (typeof options === 'number') return { ...usual, family: oneOf(options, 'family', FAMILIES) };
  if (options === undefined || options === null) return usual;
  if (typeof options !== 'object')
    throw invalidArgumentType('options', 'one of type integer or object', options);
  const { hints, family, all, verbatim, order } = options as { [Key in keyof LookupOptions]: unknown };
  if (hints != null) checkHints(hints);
  const named = NAMED_FAMILIES[String(family)];
  const wanted = family == null ? 0 : (named ?? oneOf(family, 'options.family', FAMILIES));
  if (all != null) checkBoolean(all, 'options.all');
  if (verbatim != null) checkBoolean(verbatim, 'options.verbatim');
  const fromVerbatim = verbatim == null ? defaultOrder : verbatim ? 'verbatim' : 'ipv4first';
  return {
    family: wanted,
    hints: Number(hints ?? 0) >>> 0,
    all: all ?? false,
    order: order == null ? fromVerbatim : oneOf(order, 'options.order', RESULT_ORDERS),
  };
}

function checkHints(hints: unknown): void {
  checkNumber(hints, 'options.hints');
  if (((hints >>> 0) & ~HINTS) !== 0) throw invalidValue('hints', hints >>> 0);
}

export function oneOf<T>(value: unknown, name: string, known: readonly T[]): T {
  const found = known.find(each => each === value);
  if (found !== undefined) return found;
  const list = known.map(each => (typeof each === 'string' ? `'${each}'` : String(each))).join(', ');
  throw invalidValue(name, value, `must be one of: ${list}`);
}

export function invalidValue(name: string, value: unknown, reason = 'is invalid'): Error {
  const what = name.includes('.') ? 'property' : 'argument';
  const shown = inspect(value);
  const text = shown.length > 128 ? `${shown.slice(0, 128)}...` : shown;
  return nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', `The ${what} '${name}' ${reason}. Received ${text}`);
}

/** @param names "address", "port" … */
export function missingArguments(...names: readonly string[]): Error {
  const quoted = names.map(name => `"${name}"`);
  const list =
    quoted.length > 2 ? `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}` : quoted.join(' and ');
  return nodeError(TypeError, 'ERR_MISSING_ARGS', `The ${list} arguments must be specified`);
}

export interface ResolverOptions {
  /** -1: the usual one. */
  readonly timeoutMs: number;
  readonly maxTimeoutMs: number;
  readonly tries: number;
}

const LARGEST_INT32 = 2 ** 31 - 1;

/** What `new Resolver()` was given. */
export function readResolverOptions(options: unknown): ResolverOptions {
  const { timeout = -1, tries = 4, maxTimeout = 0 } = { ...(options as Record<string, unknown>) };
  checkInteger(timeout, 'options.timeout', -1, LARGEST_INT32);
  checkInteger(tries, 'options.tries', 1, LARGEST_INT32);
  checkUint32(maxTimeout, 'options.maxTimeout');
  return { timeoutMs: timeout, tries, maxTimeoutMs: maxTimeout };
}

/** What `setServers()` was given, each server once. */
export function readServers(servers: unknown): readonly Endpoint[] {
  if (!Array.isArray(servers)) throw invalidArgumentType('servers', 'an instance of Array', servers);
  const parsed = servers.map((server: unknown, index) => {
    checkString(server, `servers[${index}]`);
    return parseServer(server) ?? invalidServer(server);
  });
  return parsed.filter(
    ({ address, port }, index) =>
      parsed.findIndex(other => other.address === address && other.port === port) === index,
  );
}

/** The option `dns`. @throws TypeError ERR_INVALID_IP_ADDRESS */
export const readServerList = (list: string | undefined): readonly Endpoint[] | undefined =>
  list === undefined ? undefined : readServers(list.split(',').map(server => server.trim()));

function invalidServer(server: string): never {
  throw nodeError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${server}`);
}

/** The arguments of `setLocalAddress()`. They have no effect: a modem has one interface. */
export function checkLocalAddress(ipv4: unknown, ipv6: unknown): void {
  checkString(ipv4, 'ipv4');
  if (ipv6 !== undefined) checkString(ipv6, 'ipv6');
  const families = [ipv4, ipv6].flatMap(address => (address === undefined ? [] : [isIP(address)]));
  const wrong = families.includes(0)
    ? 'Invalid IP address.'
    : families[0] === families[1] && `Cannot specify two IPv${families[0]} addresses.`;
  if (wrong) throw nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', wrong);
}
