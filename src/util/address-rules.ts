/** Which addresses clients may not reach: those of this computer and of its links (reliability.md S18). */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Address6 } from 'ip-address';

const LOOPBACK = subnets('127.0.0.0/8', '::1/128');

const REFUSED = subnets(
  '127.0.0.0/8',
  '::1/128',
  // "This host" (RFC 1122 3.2.1.3): systems take it for loopback.
  '0.0.0.0/8',
  '::/128',
  // Link-local, with the metadata services of most clouds; then those that are elsewhere.
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
);

/** An IPv4 address in other clothes: mapped, behind the well-known NAT64 prefix (RFC 6052), compatible. */
const EMBEDDING = subnets('::ffff:0:0/96', '64:ff9b::/96', '::/96');

/** Of networks behind a router (RFC 1918, RFC 6598, RFC 4193), for those who have no business there either. */
export const PRIVATE: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
];

/** In the form in which sockets ask a `net.BlockList`. */
export class AddressRules {
  readonly #allowed: BlockList;
  readonly #refused: BlockList;

  /** @param allowed subnets that may be reached all the same @param refused subnets that may not, besides this computer's */
  constructor(allowed: readonly string[] = [], refused: readonly string[] = []) {
    this.#allowed = subnets(...allowed);
    this.#refused = subnets(...refused);
  }

  /** True for an address that is refused. */
  check(zoned: string): boolean {
    const address = zoned.replace(/%.*/s, '');
    const meant = [address, ...embedded(address)];
    if (meant.some(each => contains(this.#allowed, each))) return false;
    const own = subnets(...ownAddresses());
    return meant.some(each => [REFUSED, this.#refused, own].some(list => contains(list, each)));
  }
}

export const isLoopback = (host: string): boolean => host === 'localhost' || contains(LOOPBACK, host);

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export function isSubnet(text: string): boolean {
  try {
    subnets(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error for what is no subnet */
function subnets(...texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const longest = isIPv6(address) ? 128 : 32;
    list.addSubnet(address, bits === undefined ? longest : Number(bits), familyOf(address));
  }
  return list;
}

const contains = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, familyOf(address));

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

const embedded = (address: string): readonly string[] =>
  isIPv6(address) && contains(EMBEDDING, address) ? [new Address6(address).to4().correctForm()] : [];

/** Asked each time: they come and go. */
const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap(list => list?.map(({ address }) => address) ?? []);
