/** The ways in which modems spell addresses. */
import { isIPv4 } from 'node:net';
import { Address6 } from 'ip-address';
import type { Switches } from './sim-switches.ts';

/** +CGPIAF: the form of IPv6 addresses in the commands of 27.007. */
export interface AddressFormat {
  /** Colons instead of dotted octets. */
  readonly colons: boolean;
  /** A prefix length instead of a mask, in the colon form. */
  readonly prefix: boolean;
  readonly leadingZeros: boolean;
  readonly compressed: boolean;
}

/** 16 dotted octets, the default of 27.007 for IPv6. */
export function dottedAddress(address: string): string {
  return isIPv4(address) ? address : new Address6(address).toUnsignedByteArray().join('.');
}

export function formatAddress(address: string, format: AddressFormat): string {
  if (isIPv4(address)) return address;
  if (!format.colons) return dottedAddress(address);
  const six = new Address6(address);
  const groups = (format.compressed ? six.correctForm() : six.canonicalForm()).split(':');
  return groups.map(group => (format.leadingZeros ? padded(group) : unpadded(group))).join(':');
}

/** Address and mask of one host, as +CGCONTRDP shows them (27.007 10.1.23). */
export function formatSubnet(address: string, format: AddressFormat): string {
  if (isIPv4(address)) return `${address}.255.255.255.255`;
  if (!format.colons) return `${dottedAddress(address)}${'.255'.repeat(8)}${'.0'.repeat(8)}`;
  const shown = formatAddress(address, format);
  return format.prefix ? `${shown}/64` : `${shown} ${formatAddress('ffff:ffff:ffff:ffff::', format)}`;
}

/** The form in the socket commands, of which no log exists (sequans.md 7). */
export function formatSocketAddress(address: string, switches: Switches): string {
  if (isIPv4(address)) return address;
  if (switches.has('ipv6-dotted')) return dottedAddress(address);
  return switches.has('ipv6-bracketed') ? `[${address}]` : address;
}

function padded(group: string): string {
  return group === '' ? '' : group.padStart(4, '0');
}

function unpadded(group: string): string {
  return group.replace(/^0+(?=.)/, '');
}
