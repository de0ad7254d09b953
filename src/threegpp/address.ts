/** Network addresses in every text form that modems use (27.007 10.1.23 +CGPADDR, 10.1.43 +CGPIAF). */
import { isIP } from 'node:net';
import { Address6 } from 'ip-address';
import type { Family } from '../driver/port.ts';

export interface Address {
  /** As Node writes it: `10.0.0.1`, `2001:db8::1`. */
  readonly address: string;
  readonly family: Family;
}

/**
 * Reads `10.0.0.1`, `2001:db8::1`, `[2001:db8::1]`, and 27.007's dotted octets: 4 (IPv4), 8 (IPv4 and mask),
 * 16 (IPv6), 32 (IPv6 and mask). undefined for anything else, and for the all-zero address of an inactive context.
 */
export function parseAddress(text: string): Address | undefined {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/[/%].*$/, '');
  const found = isIP(bare) === 0 ? fromOctets(bare) : canonical(bare);
  return found && /^[0.:]+$/.test(found.address) ? undefined : found;
}

function canonical(text: string): Address {
  if (isIP(text) === 4) return { address: text, family: 4 };
  return { address: new Address6(text).correctForm(), family: 6 };
}

function fromOctets(text: string): Address | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3,31}$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  if (octets.some(octet => octet > 255)) return undefined;
  if (octets.length === 4 || octets.length === 8) return { address: octets.slice(0, 4).join('.'), family: 4 };
  if (octets.length !== 16 && octets.length !== 32) return undefined;
  return { address: Address6.fromByteArray(octets.slice(0, 16)).correctForm(), family: 6 };
}
