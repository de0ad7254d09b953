/** NAT64 prefixes, and IPv4 addresses dressed as IPv6 by them (RFC 6052, RFC 7050). */
import { BlockList, isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';

/** An IPv6 prefix in the shortest form, `64:ff9b::/96`: what stands before, or around, the four octets of IPv4. */
export type Nat64Prefix = string;

const WELL_KNOWN: Nat64Prefix = '64:ff9b::/96';

/** RFC 6052 2.2 */
const PREFIX_BITS = [32, 40, 48, 56, 64, 96] as const;

/** Octet 8, bits 64 to 71: zero in every such address (RFC 6052 2.2). */
const RESERVED_OCTET = 8;

/** Addresses of `ipv4only.arpa` (RFC 7050 8.2). */
const WELL_KNOWN_ADDRESSES: readonly (string | undefined)[] = ['192.0.0.170', '192.0.0.171'];

/** Unspecified, loopback, mapped, link-local and multicast: no translator is there. */
const NO_PREFIX = blockList('ipv6', ['::', 32], ['fe80::', 10], ['ff00::', 8]);

/** What means something to this host or its own network only, or is nobody's: never on the way to a translator. */
const NEVER = blockList(
  'ipv4',
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  // Protocol assignments: this side's own (RFC 7335), and the addresses by which prefixes are found.
  ['192.0.0.0', 24],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 3],
);

/**
 * The well-known prefix stands for the internet, so it must not carry what has no meaning there (RFC 6052 3.1); a
 * prefix of the network's own may, as may 64:ff9b:1::/48 (RFC 8215 5). The documentation prefixes of RFC 5737 belong
 * to the same list and are let through all the same: behind them is nobody, except in examples and simulators.
 */
const NOT_GLOBAL = blockList(
  'ipv4',
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
);

/** Reads `64:ff9b::/96`; undefined for what is no NAT64 prefix. */
export function parsePrefix(text: string): Nat64Prefix | undefined {
  const [, address = '', bits = ''] = /^([\da-f:.]+)\/(32|40|48|56|64|96)$/i.exec(text) ?? [];
  if (!isIPv6(address) || NO_PREFIX.check(address, 'ipv6')) return undefined;
  const prefix = new Address6(`${address}/${bits}`);
  const isWhole = prefix.correctForm() === prefix.startAddress().correctForm();
  return isWhole && prefix.toByteArray()[RESERVED_OCTET] === 0 ? prefix.networkForm() : undefined;
}

/**
 * The prefixes that a DNS64 server has put before the addresses of `ipv4only.arpa`, in its order (RFC 7050 3). What
 * follows the four octets has to be zero, so no address can be read in two ways.
 */
export function prefixesIn(addresses: readonly string[]): readonly Nat64Prefix[] {
  const found = addresses.filter(isIPv6).flatMap(address =>
    PREFIX_BITS.flatMap(bits => {
      const prefix = parsePrefix(new Address6(`${address}/${bits}`).networkForm());
      return prefix && WELL_KNOWN_ADDRESSES.includes(undress(prefix, address)) ? [prefix] : [];
    }),
  );
  return [...new Set(found)];
}

/** IPv4 → IPv6; undefined for an address that must not be mapped. */
export function toIpv6(prefix: Nat64Prefix, ipv4: string): string | undefined {
  return isTranslatable(prefix, ipv4) ? dress(prefix, ipv4) : undefined;
}

/** IPv6 → IPv4; undefined for an address that `toIpv6` does not make with this prefix. */
export function toIpv4(prefix: Nat64Prefix, ipv6: string): string | undefined {
  const ipv4 = undress(prefix, ipv6);
  return ipv4 !== undefined && isTranslatable(prefix, ipv4) ? ipv4 : undefined;
}

function isTranslatable(prefix: Nat64Prefix, ipv4: string): boolean {
  return !NEVER.check(ipv4) && !(prefix === WELL_KNOWN && NOT_GLOBAL.check(ipv4));
}

const dress = (prefix: Nat64Prefix, ipv4: string): string =>
  Address6.fromAddress4Nat64(ipv4, prefix).correctForm();

/** The package does not look at the reserved octet and the suffix. */
function undress(prefix: Nat64Prefix, ipv6: string): string | undefined {
  const address = new Address6(ipv6);
  const ipv4 = address.toAddress4Nat64(prefix)?.correctForm();
  return ipv4 !== undefined && dress(prefix, ipv4) === address.correctForm() ? ipv4 : undefined;
}

function blockList(
  family: 'ipv4' | 'ipv6',
  ...subnets: readonly (readonly [address: string, bits: number])[]
): BlockList {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, family);
  return list;
}
