/** Where the NAT64 prefix of a network comes from: given by the user, or found out as RFC 7050 says. */
import { type Nat64Prefix, parsePrefix, prefixesIn } from './nat64.ts';
import { SocketFailure } from './socket-failure.ts';

/** A name with IPv4 addresses only: its IPv6 addresses are made by a DNS64 server, and show the prefix. */
const NAME = 'ipv4only.arpa';

/** As for any lookup (reliability.md F60). */
const SEARCH_MS = 15_000;

/** That there is none is believed so long: the answer may have been lost on the way. */
const NONE_MS = 10_000;

export interface PrefixSource {
  /** @throws SocketFailure ENETUNREACH */
  find(): Promise<Nat64Prefix>;
  /** The network may be another one. */
  forget(): void;
}

/**
 * @param option `auto`, `off`, or a prefix
 * @param resolve IPv6 addresses of a name. The network's own name server has to say them (RFC 8880 7.1)
 * @throws TypeError for any other option
 */
export function createPrefixSource(
  option: string,
  resolve: (name: string) => Promise<readonly string[]>,
): PrefixSource {
  if (option === 'auto') return new PrefixSearch(resolve);
  if (option === 'off')
    return { find: () => Promise.reject(unreachable('NAT64 is not to be used (nat64=off)')), forget() {} };
  const prefix = parsePrefix(option);
  if (prefix === undefined) throw new TypeError(`${option} is no NAT64 prefix`);
  return { find: async () => prefix, forget() {} };
}

/** Asks once, when somebody needs it; those who come meanwhile wait with him. */
class PrefixSearch implements PrefixSource {
  readonly #resolve: (name: string) => Promise<readonly string[]>;
  #prefix: Promise<Nat64Prefix> | undefined;
  #againAtMs = Number.POSITIVE_INFINITY;

  constructor(resolve: (name: string) => Promise<readonly string[]>) {
    this.#resolve = resolve;
  }

  find(): Promise<Nat64Prefix> {
    if (performance.now() >= this.#againAtMs) this.forget();
    this.#prefix ??= this.#search();
    return this.#prefix;
  }

  forget(): void {
    this.#prefix = undefined;
    this.#againAtMs = Number.POSITIVE_INFINITY;
  }

  async #search(): Promise<Nat64Prefix> {
    try {
      const [prefix] = prefixesIn(await within(SEARCH_MS, this.#resolve(NAME)));
      if (prefix !== undefined) return prefix;
      throw new Error(`${NAME} has no IPv6 address with a NAT64 prefix`);
    } catch (cause) {
      this.#againAtMs = performance.now() + NONE_MS;
      throw unreachable('no NAT64 prefix was found', cause);
    }
  }
}

const unreachable = (why: string, cause?: unknown): SocketFailure =>
  new SocketFailure('ENETUNREACH', `the network gives IPv6 only, and ${why}`, { cause });

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${limitMs / 1000} s`)), limitMs).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
