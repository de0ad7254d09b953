/** Addresses as the socket layer needs them: families, defaults, comparison. */
import { type AddressInfo, isIP, SocketAddress } from 'node:net';
import type { Endpoint, Family } from '../driver/port.ts';

export const WILDCARD: Readonly<Record<Family, string>> = { 4: '0.0.0.0', 6: '::' };

/** Where Node sends what has no address. */
export const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' };

export const familyName = (family: Family): 'IPv4' | 'IPv6' => `IPv${family}`;

export const addressInfo = ({ address, family, port }: Endpoint): AddressInfo => ({
  address,
  family: familyName(family),
  port,
});

/** undefined if the address is not one of this family. */
export function endpoint(address: unknown, port: number, family: Family): Endpoint | undefined {
  if (typeof address !== 'string' || isIP(address) !== family) return undefined;
  return { address: canonical(address, family), port, family };
}

/** The same for a place to send to: as kernels do, to this machine if it is the wildcard. */
export function endpointTo(address: unknown, port: number, family: Family): Endpoint | undefined {
  const place = endpoint(address, port, family);
  return place?.address === WILDCARD[family] ? { ...place, address: LOOPBACK[family] } : place;
}

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port === b.port && canonical(a.address, a.family) === canonical(b.address, b.family);

/** The shortest form, as Node writes addresses. */
function canonical(address: string, family: Family): string {
  // IPv4 has one form only; a zone is no part of what SocketAddress keeps.
  if (family === 4 || address.includes('%')) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** The wildcard and loopback, in canonical form: what a program may bind to without knowing the modem's addresses. */
export function isAnyInterface(address: string, family: Family): boolean {
  return family === 4
    ? address === WILDCARD[4] || address.startsWith('127.')
    : address === WILDCARD[6] || address === LOOPBACK[6];
}
