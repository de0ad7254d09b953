/** The world as a simulated modem sees it: which names exist, and which loopback address stands for which other. */
import { isIP, SocketAddress } from 'node:net';
import { embed, extract, type Prefix64 } from './nat64.ts';

export type Family = 4 | 6;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What the network has for those who have IPv6 alone. */
export interface Translation {
  readonly prefix: Prefix64;
  /** Its name servers give every name that has only IPv4 addresses the embedded ones too (RFC 6147). */
  readonly dns64: boolean;
}

/** Its addresses are known to everybody, so that the embedded ones give the prefix of a NAT64 away (RFC 7050). */
const IPV4_ONLY = { name: 'ipv4only.arpa', addresses: ['192.0.0.170', '192.0.0.171'] } as const;

/** One spelling per address, so that they can be compared. */
export function canonicalAddress(address: string): string {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return address;
  return new SocketAddress({ address, family: family === 4 ? 'ipv4' : 'ipv6' }).address;
}

export function familyOf(address: string): Family | undefined {
  const family = isIP(address);
  return family === 4 || family === 6 ? family : undefined;
}

/** The only addresses that the simulator ever sends to. An IPv4 address dressed as IPv6 is not among them. */
export function isLoopback(address: string): boolean {
  return canonicalAddress(address) === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

export class Hosts {
  readonly #names = new Map<string, readonly string[]>();
  readonly #addresses = new Map<string, string>();
  readonly #nat64: Translation | undefined;

  /** `own` are the addresses of the modem itself: it reaches its own sockets under them. */
  constructor(
    host: Readonly<Record<string, readonly string[]>>,
    own: readonly string[],
    nat64?: Translation,
  ) {
    this.#nat64 = nat64;
    this.#names.set('localhost', ['127.0.0.1']);
    this.#names.set(IPV4_ONLY.name, IPV4_ONLY.addresses);
    for (const address of own) this.#addresses.set(address, familyOf(address) === 4 ? '127.0.0.1' : '::1');
    for (const [name, addresses] of Object.entries(host)) {
      const spelled = addresses.map(canonicalAddress);
      if (familyOf(name) === undefined) this.#names.set(normalName(name), spelled);
      else this.#addresses.set(canonicalAddress(name), spelled[0] ?? '');
    }
  }

  /** The addresses of a name or address literal, none if it does not exist. */
  resolve(name: string, family?: Family): readonly string[] {
    const wanted = (address: string): boolean => family === undefined || familyOf(address) === family;
    if (familyOf(name) !== undefined) return [canonicalAddress(name)].filter(wanted);
    const key = normalName(name);
    // RFC 6761 6.4: there never is such a name.
    if (key === 'invalid' || key.endsWith('.invalid')) return [];
    const own = this.#names.get(key) ?? [];
    return [...own, ...this.#synthesised(key, own)].filter(wanted);
  }

  /** The names of an address, in the order in which they were given. */
  namesOf(address: string): readonly string[] {
    const shown = canonicalAddress(address);
    // RFC 6147 5.3.1.
    const wanted = this.#nat64?.dns64 ? this.behindNat64(shown) : shown;
    return [...this.#names].flatMap(([name, addresses]) => (addresses.includes(wanted) ? [name] : []));
  }

  /**
   * Where on this machine an address is, or undefined: what goes there vanishes. Loopback addresses are also reached
   * through the NAT64. A real one translates none of them, but here they stand for the world.
   */
  route(address: string): string | undefined {
    return [address, this.behindNat64(address)].map(one => this.#addresses.get(one) ?? one).find(isLoopback);
  }

  /** The IPv4 address inside, where the NAT64 sends it; any other address as it is. */
  behindNat64(address: string): string {
    return (this.#nat64 && extract(this.#nat64.prefix, address)) ?? address;
  }

  /** How an IPv4 address is seen from behind the NAT64. */
  throughNat64(address: string): string | undefined {
    const seen = this.#nat64 && familyOf(address) === 4 && embed(this.#nat64.prefix, address);
    return seen ? canonicalAddress(seen) : undefined;
  }

  /** Embedded addresses, only where a name has no IPv6 address of its own (RFC 6147 5.1). */
  #synthesised(name: string, addresses: readonly string[]): readonly string[] {
    if (!this.#nat64?.dns64 && name !== IPV4_ONLY.name) return [];
    if (addresses.some(address => familyOf(address) === 6)) return [];
    return addresses.flatMap(address => this.throughNat64(address) ?? []);
  }
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
