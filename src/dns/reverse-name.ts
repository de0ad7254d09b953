/** The name under which the names of an address are found. */
import { isIP } from 'node:net';
import { Address6 } from 'ip-address';

/** RFC 1035 3.5, RFC 3596 2.5 */
export function reverseName(address: string): string {
  if (isIP(address) === 4) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const digits = new Address6(address).canonicalForm().replaceAll(':', '');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
}
