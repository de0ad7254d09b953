/** createDns(): a stand-in for the module `node:dns`, over a modem. */
import nodeDns from 'node:dns';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { DnsClient } from '../dns/client.ts';
import { OTHER_TYPES } from '../dns/other-types.ts';
import { checkPort } from './arguments.ts';
import {
  checkCallback,
  invalidValue,
  missingArguments,
  oneOf,
  RESULT_ORDERS,
  type ResolverOptions,
  readResolverOptions,
  readServerList,
} from './dns-arguments.ts';
import { DnsChannel } from './dns-channel.ts';
import { lookupAll } from './dns-lookup.ts';
import { type LookupServices, lookupWithCallback, lookupWithPromise } from './dns-lookup-calls.ts';
import { QUERIES } from './dns-records.ts';
import { boundQueries, callbackQueries, createResolverClass, promiseQueries } from './dns-resolver.ts';
import { findService, type Service } from './dns-service.ts';
import type { DriverSource } from './driver-source.ts';

export type Dns = typeof nodeDns;

/** What `resolve()` takes. */
export const RECORD_TYPES: readonly string[] = [
  ...Object.values(QUERIES).map(({ type }) => type),
  ...OTHER_TYPES,
];

export interface DnsOptions {
  /**
   * Name servers, comma separated: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:5353`. Read at each use, after the
   * modem is ready, so a getter may look into its URL.
   */
  readonly dns?: string | undefined;
}

/** The result is complete, plain and mutable, as `require('node:dns')` is. */
export function createDns(driver: DriverSource, options: DnsOptions = {}): Dns {
  const client = new DnsClient(driver, () => readServerList(options.dns));
  const open = (given: ResolverOptions): DnsChannel => new DnsChannel(client, given);
  const channel = open(readResolverOptions({}));
  // Its own, because `setServers()` is not for lookups and nobody can cancel them.
  const { asking } = open(readResolverOptions({}));
  let defaultOrder = nodeDns.getDefaultResultOrder();

  const lookups: LookupServices = {
    find: (name, request) => lookupAll({ driver, client, asking }, name, request),
    get defaultOrder() {
      return defaultOrder;
    },
  };
  const lookup = (...given: unknown[]): object => lookupWithCallback(lookups, given);
  const promisedLookup = (name: unknown, options?: unknown): Promise<unknown> =>
    lookupWithPromise(lookups, name, options);

  function lookupService(...given: unknown[]): object {
    if (given.length !== 3) throw missingArguments('address', 'port', 'callback');
    const [address, port, callback] = given;
    const [checkedAddress, checkedPort] = checkService(address, port);
    checkCallback(callback);
    findService(channel, checkedAddress, checkedPort).then(
      ({ hostname, service }) => setImmediate(callback, null, hostname, service),
      error => setImmediate(callback, error),
    );
    return {};
  }

  function promisedLookupService(...given: unknown[]): Promise<Service> {
    if (given.length !== 2) throw missingArguments('address', 'port');
    return findService(channel, ...checkService(...given));
  }

  Object.defineProperty(lookup, promisify.custom, { value: promisedLookup });
  Object.defineProperty(lookupService, promisify.custom, { value: promisedLookupService });

  const common = {
    getServers: () => channel.servers,
    setServers: (wanted: unknown) => {
      channel.servers = wanted;
    },
    getDefaultResultOrder: () => defaultOrder,
    setDefaultResultOrder: (order: unknown) => {
      defaultOrder = oneOf(order, 'dnsOrder', RESULT_ORDERS);
    },
  };
  const promises = {
    ...CONSTANTS,
    ...common,
    ...boundQueries(promiseQueries, channel),
    lookup: promisedLookup,
    lookupService: promisedLookupService,
    Resolver: createResolverClass(promiseQueries, open),
  } satisfies Record<keyof typeof nodeDns.promises, unknown>;
  const module = {
    ...CONSTANTS,
    ...common,
    ...boundQueries(callbackQueries, channel),
    lookup,
    lookupService,
    Resolver: createResolverClass(callbackQueries, open),
    promises,
  } satisfies Record<keyof typeof nodeDns, unknown>;
  // Node's declarations are overloads with `__promisify__` members, which exist in types only.
  return module as unknown as Dns;
}

/** Error codes and hints: what is no function. Functions of Node would ask the network of this machine. */
const CONSTANTS = Object.fromEntries(
  Object.entries(nodeDns).filter(([, value]) => ['string', 'number'].includes(typeof value)),
) as {
  readonly [Name in keyof typeof nodeDns as (typeof nodeDns)[Name] extends string | number
    ? Name
    : never]: unknown;
};

function checkService(address?: unknown, port?: unknown): [address: string, port: number] {
  if (typeof address !== 'string' || !isIP(address)) throw invalidValue('address', address);
  return [address, checkPort(port, { lowest: 0 })];
}
