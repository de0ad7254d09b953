/** The `Resolver` classes of `node:dns`, in callback and promise form. */
import { OTHER_TYPES } from '../dns/other-types.ts';
import { checkString } from './arguments.ts';
import {
  type Callback,
  checkCallback,
  checkLocalAddress,
  invalidValue,
  type ResolverOptions,
  readResolverOptions,
} from './dns-arguments.ts';
import type { DnsChannel } from './dns-channel.ts';
import { QUERIES, type QueryKind, type QueryName } from './dns-records.ts';
import { nodeError } from './node-error.ts';

type Method = (this: object, ...given: unknown[]) => unknown;
/** The methods that have a callback or give a promise. */
type Queries = Readonly<Record<QueryName | 'resolve' | 'reverse', Method>>;

export type ResolverClass = new (options?: unknown) => ResolverBase & Queries;

const channels = new WeakMap<object, DnsChannel>();

class ResolverBase {
  cancel(): void {
    channelOf(this).cancel();
  }

  getServers(): string[] {
    return channelOf(this).servers;
  }

  /** Unlike `dns.setServers()`, which affects what is asked from then on. */
  setServers(servers: unknown): void {
    const channel = channelOf(this);
    if (channel.pending > 0) throw pendingQueries(servers);
    channel.servers = servers;
  }

  setLocalAddress(ipv4: unknown, ipv6?: unknown): void {
    checkLocalAddress(ipv4, ipv6);
  }
}

/** @param open makes a channel with the options of the program */
export function createResolverClass(
  queries: Queries,
  open: (options: ResolverOptions) => DnsChannel,
): ResolverClass {
  class Resolver extends ResolverBase {
    constructor(options?: unknown) {
      super();
      channels.set(this, open(readResolverOptions(options)));
    }
  }
  Object.assign(Resolver.prototype, queries);
  return Resolver as ResolverClass;
}

/** The functions of the module: those of a resolver of their own. */
export function boundQueries(queries: Queries, channel: DnsChannel): Queries {
  const resolver = {};
  channels.set(resolver, channel);
  const bound = Object.entries(queries).map(([name, query]) => [name, query.bind(resolver)]);
  return Object.fromEntries(bound);
}

export const promiseQueries: Queries = {
  ...forEachQuery(
    kind =>
      function (name, options) {
        checkString(name, 'name');
        return channelOf(this).query(name, kind, wantsTtl(options));
      },
  ),
  resolve(name, rrtype = 'A') {
    checkString(rrtype, 'rrtype');
    const kind = kindOf(rrtype);
    checkString(name, 'name');
    return channelOf(this).query(name, kind, false);
  },
  reverse(address) {
    checkString(address, 'name');
    const channel = channelOf(this);
    // With a callback it throws what is no address; here it does not.
    return (async () => channel.reverse(address))();
  },
};

export const callbackQueries: Queries = {
  ...forEachQuery(
    kind =>
      function (name, ...rest) {
        const [options, callback] = rest.length > 1 ? rest : [undefined, rest[0]];
        checkString(name, 'name');
        checkCallback(callback);
        return settle(channelOf(this).query(name, kind, wantsTtl(options)), callback);
      },
  ),
  resolve(name, ...rest) {
    const [rrtype, callback] = typeof rest[0] === 'function' ? ['A', rest[0]] : rest;
    checkString(rrtype, 'rrtype');
    const kind = kindOf(rrtype);
    checkString(name, 'name');
    checkCallback(callback);
    return settle(channelOf(this).query(name, kind, false), callback);
  },
  reverse(address, callback) {
    checkString(address, 'name');
    checkCallback(callback);
    return settle(channelOf(this).reverse(address), callback);
  },
};

function pendingQueries(servers: unknown): Error {
  const why = `c-ares failed to set servers: "There are pending queries." [${servers}]`;
  return nodeError(Error, 'ERR_DNS_SET_SERVERS_FAILED', why);
}

function channelOf(resolver: object): DnsChannel {
  const channel = channels.get(resolver);
  if (channel) return channel;
  throw new TypeError('the value of "this" must be a Resolver');
}

function forEachQuery(method: (kind: QueryKind) => Method): Readonly<Record<QueryName, Method>> {
  const methods = Object.entries(QUERIES).map(([name, kind]) => [name, method(kind)]);
  return Object.fromEntries(methods);
}

function kindOf(rrtype: string): QueryKind {
  const known = Object.values(QUERIES).find(({ type }) => type === rrtype);
  if (known) return known;
  if (!OTHER_TYPES.includes(rrtype)) throw invalidValue('rrtype', rrtype);
  const syscall = `query${rrtype[0]}${rrtype.slice(1).toLowerCase()}`;
  return {
    syscall,
    type: rrtype,
    shape: async known => (await import('../dns/other-records.ts')).otherRecords(known, rrtype),
  };
}

const wantsTtl = (options: unknown): boolean => Boolean((options as { ttl?: unknown } | undefined)?.ttl);

/** In a turn of its own, so that what the callback throws is an uncaught exception as in Node. */
function settle(query: Promise<unknown>, callback: Callback): object {
  query.then(
    result => setImmediate(callback, null, result),
    error => setImmediate(callback, error),
  );
  return {};
}
