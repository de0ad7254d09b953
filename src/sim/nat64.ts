/** IPv4 addresses inside IPv6 ones, as a NAT64 and its DNS64 write and read them (RFC 6052). */
import { isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';

export interface Prefix64 {
  /** Sixteen, of which those behind the prefix are 0. */
  readonly octets: readonly number[];
  /** In octets. */
  readonly length: number;
}

/** RFC 6052 2.2. */
const LENGTHS = [32, 40, 48, 56, 64, 96];
/** Octet u: always 0, and no part of the IPv4 address. */
const RESERVED = 8;

/** undefined: it is none that a NAT64 may have. */
export function parsePrefix64(text: string): Prefix64 | undefined {
  const [, address = '', bits] = /^([^/%]+)\/(\d+)$/.exec(text) ?? [];
  if (!isIPv6(address) || !LENGTHS.includes(Number(bits))) return undefined;
  const [octets, length] = [octetsOf(address), Number(bits) / 8];
  const clean = octets[RESERVED] === 0 && octets.slice(length).every(octet => octet === 0);
  return clean ? { octets, length } : undefined;
}

export function embed({ octets, length }: Prefix64, address: string): string {
  const written = [...octets];
  const four = address.split('.').map(Number);
  for (const [index, place] of places(length).entries()) written[place] = four[index] ?? 0;
  return Address6.fromUnsignedByteArray(written).correctForm();
}

/** The embedded address, undefined outside the prefix. What is behind it is ignored (RFC 6052 2.2). */
export function extract({ octets, length }: Prefix64, address: string): string | undefined {
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const read = octetsOf(address);
  if (octets.slice(0, length).some((octet, place) => octet !== read[place])) return undefined;
  return places(length)
    .map(place => read[place])
    .join('.');
}

/** Where the four octets are. */
function places(length: number): number[] {
  const behind = Array.from({ length: 16 - length }, (_, index) => length + index);
  return behind.filter(place => place !== RESERVED).slice(0, 4);
}

function octetsOf(address: string): number[] {
  return new Address6(address).toUnsignedByteArray();
}
