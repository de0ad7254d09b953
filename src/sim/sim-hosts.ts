/** The world as a simulated modem sees it: which names exist, and which loopback address stands for which other. */
import { isIP, SocketAddress } from 'node:net';

export type Family = 4 | 6;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

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

  /** `own` are the addresses of the modem itself: it reaches its own sockets under them. */
  constructor(host: Readonly<Record<string, readonly string[]>>, own: readonly string[]) {
    this.#names.set('localhost', ['127.0.0.1']);
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
    return (this.#names.get(key) ?? []).filter(wanted);
  }

  /** The names of an address, in the order in which they were given. */
  namesOf(address: string): readonly string[] {
    const wanted = canonicalAddress(address);
    return [...this.#names].flatMap(([name, addresses]) => (addresses.includes(wanted) ? [name] : []));
  }

  /** Where on this machine an address is, or undefined: what goes there vanishes. */
  route(address: string): string | undefined {
    const real = this.#addresses.get(address) ?? address;
    return isLoopback(real) ? real : undefined;
  }
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
