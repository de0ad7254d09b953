/** What a channel of c-ares is to Node's `Resolver`: servers, patience, and the queries under way. */
import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import type { Asking, DnsClient } from '../dns/client.ts';
import { DnsFailure } from '../dns/dns-failure.ts';
import type { Patience } from '../dns/patience.ts';
import { formatServer } from '../dns/servers.ts';
import type { Endpoint } from '../driver/port.ts';
import { type ResolverOptions, readServers } from './dns-arguments.ts';
import { resolveError, systemDnsError } from './dns-error.ts';
import { pointers, type QueryKind } from './dns-records.ts';

/** Without a time limit of the program (reliability F60). */
const TIMEOUT_MS = 2_000;
const TOTAL_MS = 15_000;

const REVERSE = 'getHostByAddr';

export class DnsChannel {
  readonly #client: DnsClient;
  readonly #patience: Patience;
  /** undefined: the usual ones. */
  #servers: readonly Endpoint[] | undefined;
  #cancelling = createCancelling();
  /** Queries under way. */
  #pending = 0;

  constructor(client: DnsClient, options: ResolverOptions) {
    this.#client = client;
    const { tries, maxTimeoutMs, timeoutMs } = options;
    this.#patience =
      timeoutMs < 0
        ? { tries, maxTimeoutMs, timeoutMs: TIMEOUT_MS, totalMs: TOTAL_MS }
        : { tries, maxTimeoutMs, timeoutMs };
  }

  get servers(): string[] {
    return (this.#servers ?? this.#client.network.lastKnown).map(formatServer);
  }

  set servers(servers: unknown) {
    this.#servers = readServers(servers);
  }

  get pending(): number {
    return this.#pending;
  }

  /** How lookups that belong to this channel ask. */
  get asking(): Asking {
    return {
      servers: this.#servers,
      // A program that chooses its servers asks them as Node does.
      plain: this.#servers !== undefined,
      patience: this.#patience,
      signal: this.#cancelling.signal,
    };
  }

  cancel(): void {
    this.#cancelling.abort(new DnsFailure('ECANCELLED', 'the query was cancelled'));
    this.#cancelling = createCancelling();
  }

  /** @throws an error of Node's shape */
  async query(name: string, { syscall, type, shape }: QueryKind, ttl: boolean): Promise<unknown> {
    this.#pending++;
    try {
      const known = await this.#client.ask(name, type, this.asking);
      if (known.failure) throw known.failure;
      return await shape(known, { ttl });
    } catch (error) {
      throw resolveError(error, syscall, name);
    } finally {
      this.#pending--;
    }
  }

  /** @throws at once for what is no address */
  reverse(address: string): Promise<unknown> {
    if (!isIP(address)) throw systemDnsError('EINVAL', REVERSE, address);
    return this.#reverse(address);
  }

  async #reverse(address: string): Promise<unknown> {
    try {
      return await this.namesOf(address);
    } catch (error) {
      // As c-ares: whatever the reason, nobody knows the address.
      const cancelled = error instanceof DnsFailure && error.code === 'ECANCELLED';
      const failure = new DnsFailure('ENOTFOUND', `no name is known for ${address}`, { cause: error });
      throw resolveError(cancelled ? error : failure, REVERSE, address);
    }
  }

  /** @throws DnsFailure */
  async namesOf(address: string): Promise<readonly string[]> {
    // The one name that everybody has in the hosts file.
    if (address === '::1' || address.startsWith('127.')) return ['localhost'];
    // As it is now: it may be cancelled at once.
    const { asking } = this;
    const { reverseName } = await import('../dns/reverse-name.ts');
    const known = await this.#client.ask(reverseName(address), 'PTR', asking);
    if (known.failure) throw known.failure;
    return pointers(known);
  }
}

function createCancelling(): AbortController {
  const cancelling = new AbortController();
  // Each query under way listens.
  setMaxListeners(0, cancelling.signal);
  return cancelling;
}
