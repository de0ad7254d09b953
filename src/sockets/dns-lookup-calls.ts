/** `dns.lookup` in its two forms, with Node's checks and order of events. */
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { checkString } from './arguments.ts';
import { checkCallback, type LookupRequest, type ResultOrder, readLookupOptions } from './dns-arguments.ts';
import { invalidArgumentType } from './node-error.ts';

export interface LookupServices {
  /** @throws Error of getaddrinfo */
  find(name: string, request: LookupRequest): Promise<readonly LookupAddress[]>;
  readonly defaultOrder: ResultOrder;
}

/** An address, or that Node has none for an empty name. */
type Answer = LookupAddress | { readonly address: null; readonly family: number };

/** @param given the arguments, of any overload */
export function lookupWithCallback(services: LookupServices, given: readonly unknown[]): object {
  const [name, second] = given;
  checkName(name);
  const [options, last] = typeof second === 'function' ? [undefined, second] : [second, given[2]];
  const readable = isReadable(options);
  const callback = readable || given.length > 2 ? last : options;
  checkCallback(callback);
  if (!readable) throw invalidOptions(options);
  const request = readLookupOptions(options, services.defaultOrder);
  const tell = (found: readonly Answer[]): void =>
    request.all ? callback(null, found) : callback(null, found[0]?.address, found[0]?.family);
  const known = withoutAsking(name, request);
  // On the next tick as in Node: a socket counts what it sends to a literal as sent before any later turn.
  if (known) process.nextTick(tell, known);
  else {
    // In a turn of its own, so that what the callback throws is an uncaught exception as in Node.
    services.find(String(name), request).then(
      found => setImmediate(tell, found),
      error => setImmediate(callback, error),
    );
  }
  return {};
}

export function lookupWithPromise(
  services: LookupServices,
  name: unknown,
  options: unknown,
): Promise<unknown> {
  checkName(name);
  if (!isReadable(options)) throw invalidOptions(options);
  const request = readLookupOptions(options, services.defaultOrder);
  const pick = (found: readonly Answer[]): unknown => (request.all ? found : found[0]);
  const known = withoutAsking(name, request);
  return known ? Promise.resolve(pick(known)) : services.find(String(name), request).then(pick);
}

function checkName(name: unknown): void {
  if (name) checkString(name, 'hostname');
}

const isReadable = (options: unknown): boolean =>
  options === undefined || typeof options === 'number' || typeof options === 'object';

const invalidOptions = (options: unknown): Error =>
  invalidArgumentType('options', 'of type object or integer', options);

/** A literal; or nothing, for no name. */
function withoutAsking(name: unknown, { all, family }: LookupRequest): readonly Answer[] | undefined {
  if (!name) {
    warnOnce(name);
    return all ? [] : [{ address: null, family: family || 4 }];
  }
  const literal = isIP(String(name));
  return literal ? [{ address: String(name), family: literal }] : undefined;
}

let warned = false;

function warnOnce(name: unknown): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    `The provided hostname "${name}" is not a valid hostname, and is supported in the dns module solely for compatibility.`,
    'DeprecationWarning',
    'DEP0118',
  );
}
