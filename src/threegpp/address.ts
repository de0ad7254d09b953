/** Network addresses in every text form that modems use (27.007 10.1.23 +CGPADDR, 10.1.43 +CGPIAF). */
import { isIP } from 'node:net';
import { Address6 } from 'ip-address';
import type { Endpoint, Family } from '../driver/port.ts';

export interface Address {
  /** As Node writes it: `10.0.0.1`, `2001:db8::1`. */
  readonly address: string;
  readonly family: Family;
}

/**
 * Reads `10.0.0.1`, `2001:db8::1`, `[2001:db8::1]`, and 27.007's dotted octets: 4 (IPv4), 8 (IPv4 and mask),
 * 16 (IPv6), 32 (IPv6 and mask). What follows `/`, `%` or a blank (prefix length, zone, mask of the colon form) is
 * left out, and IPv4 in the dress of IPv6 (`::ffff:10.0.0.1`) is IPv4. undefined for anything else, and for the
 * all-zero address of an inactive context.
 */
export function parseAddress(text: string): Address | undefined {
  const bare = text
    .trim()
    .replace(/[/%\s].*$/s, '')
    .replace(/^\[([^[\]]*)\]?$/, '$1');
  const family = isIP(bare);
  const found = family === 4 ? ipv4(bare) : family === 6 ? ipv6(new Address6(bare)) : fromOctets(bare);
  return found && /^[0.:]+$/.test(found.address) ? undefined : found;
}

/** The same endpoint, its address spelled as `parseAddress` spells it. The family stays: a port has one. */
export function canonicalEndpoint(endpoint: Endpoint): Endpoint {
  const found = parseAddress(endpoint.address);
  return found?.family === endpoint.family ? { ...endpoint, ...found } : endpoint;
}

const ipv4 = (address: string): Address => ({ address, family: 4 });

const ipv6 = (address: Address6): Address =>
  address.isMapped4() ? ipv4(address.to4().correctForm()) : { address: address.correctForm(), family: 6 };

function fromOctets(text: string): Address | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3,31}$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  if (octets.some(octet => octet > 255)) return undefined;
  if (octets.length === 4 || octets.length === 8) return ipv4(octets.slice(0, 4).join('.'));
  if (octets.length !== 16 && octets.length !== 32) return undefined;
  return ipv6(Address6.fromByteArray(octets.slice(0, 16)));
}
