/** From a host name to addresses: literals, localhost, the modem's own resolver, or name servers. */
import dns from 'node:dns';
import { isIP } from 'node:net';
import type { Asking, DnsClient } from '../dns/client.ts';
import { queryName } from '../dns/names.ts';
import type { Family } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import type { LookupRequest, ResultOrder } from './dns-arguments.ts';
import { systemDnsError } from './dns-error.ts';
import type { DriverSource } from './driver-source.ts';

export interface Found {
  readonly address: string;
  readonly family: Family;
}

export interface Lookups {
  readonly driver: DriverSource;
  readonly client: DnsClient;
  /** How name servers are asked. */
  readonly asking: Asking;
}

const LOCALHOST: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' };

/** @throws Error of getaddrinfo: ENOTFOUND, EAI_AGAIN */
export async function lookupAll(
  lookups: Lookups,
  name: string,
  { family, hints, order }: LookupRequest,
): Promise<readonly Found[]> {
  try {
    const mapped = family === 6 && (hints & dns.V4MAPPED) !== 0;
    const found = mapped
      ? await mappedToo(lookups, name, (hints & dns.ALL) !== 0)
      : await addresses(lookups, name, family);
    return inOrder(found, order);
  } catch (cause) {
    throw systemDnsError(isMissing(cause) ? 'ENOTFOUND' : 'EAI_AGAIN', 'getaddrinfo', name, cause);
  }
}

/** IPv6 addresses, and IPv4 ones in their dress: if there are no others, or all. */
async function mappedToo(lookups: Lookups, name: string, all: boolean): Promise<readonly Found[]> {
  const found = await addresses(lookups, name, 6).catch(error => {
    if (isMissing(error)) return [];
    throw error;
  });
  if (found.length > 0 && !all) return found;
  const ipv4 = await addresses(lookups, name, 4).catch(error => {
    if (found.length > 0) return [];
    throw error;
  });
  return [...found, ...ipv4.map(({ address }): Found => ({ address: `::ffff:${address}`, family: 6 }))];
}

/** @throws SocketFailure ENOTFOUND; others if nobody knows */
async function addresses(lookups: Lookups, name: string, family: Family | 0): Promise<readonly Found[]> {
  const host = hostName(name);
  if (host === undefined) throw new SocketFailure('ENOTFOUND', `${name} is no host name`);
  // RFC 6761 6.3
  if (/(^|\.)localhost$/i.test(host)) return [typed(LOCALHOST[family || 4])];
  return family === 6 ? ipv6Addresses(lookups, host) : ask(lookups, host, family);
}

/** As a DNS64 server would say them, where the network has a NAT64 but no such server (RFC 7050, RFC 6147). */
async function ipv6Addresses(lookups: Lookups, host: string): Promise<readonly Found[]> {
  try {
    return await ask(lookups, host, 6);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const prefix = await (await lookups.driver()).nat64Prefix?.();
    if (prefix === undefined) throw error;
    const ipv4 = await ask(lookups, host, 4);
    const { toIpv6 } = await import('../driver/nat64.ts');
    return some(host, ipv4.flatMap(({ address }) => toIpv6(prefix, address) ?? []).map(typed));
  }
}

async function ask(lookups: Lookups, host: string, family: Family | 0): Promise<readonly Found[]> {
  // Whoever names servers does not want the modem's.
  if (await lookups.client.network.byUser()) return fromServers(lookups, host, family);
  try {
    const driver = await lookups.driver();
    return some(host, (await driver.resolve(host, family)).map(typed));
  } catch (error) {
    if (await mayAsk(lookups, error)) return fromServers(lookups, host, family);
    throw error;
  }
}

/** A modem without a resolver; or with one that failed, while the network names servers (reliability F59). */
async function mayAsk({ client }: Lookups, error: unknown): Promise<boolean> {
  if (!(error instanceof SocketFailure)) return false;
  if (error.code === 'EOPNOTSUPP') return true;
  const { cause } = error;
  const offline = cause instanceof SocketFailure && ['ENETDOWN', 'ENETUNREACH'].includes(cause.code);
  return error.code === 'EAI_AGAIN' && !offline && client.network.namesServers();
}

async function fromServers(lookups: Lookups, name: string, family: Family | 0): Promise<readonly Found[]> {
  const { client, asking } = lookups;
  const wanted = family === 0 ? await usableFamilies(client) : [family];
  const asked = await Promise.allSettled(wanted.map(each => fromServer(client, asking, name, each)));
  const found = asked.flatMap(outcome => (outcome.status === 'fulfilled' ? outcome.value : []));
  if (found.length === 0)
    for (const outcome of asked) if (outcome.status === 'rejected') throw outcome.reason;
  // There is only the other family: NAT64 carries it, or dialling says why not, as with the modem's own resolver.
  const [only, second] = wanted;
  if (found.length === 0 && family === 0 && only && !second)
    return fromServers(lookups, name, only === 4 ? 6 : 4);
  return some(name, found);
}

function some(name: string, found: readonly Found[]): readonly Found[] {
  if (found.length > 0) return found;
  throw new SocketFailure('ENOTFOUND', `no address for ${name}`);
}

async function fromServer(
  client: DnsClient,
  asking: Asking,
  name: string,
  family: Family,
): Promise<readonly Found[]> {
  const type = family === 4 ? 'A' : 'AAAA';
  const { records } = await client.ask(name, type, asking);
  return records.flatMap(record => (record.type === type ? [typed(record.data)] : []));
}

/** What the PDP context cannot carry is not asked for; IPv6 first where it has both (reliability F61). */
async function usableFamilies(client: DnsClient): Promise<readonly Family[]> {
  const both: readonly Family[] = [6, 4];
  const families = await client.network.families();
  return families.length > 0 ? both.filter(family => families.includes(family)) : both;
}

/**
 * What is no host name is refused here, before anything could become part of a command. The conversion would drop line
 * ends and blanks and find another name.
 */
function hostName(name: string): string | undefined {
  const ascii = queryName(name);
  return ascii !== undefined && /^[\w-]+(\.[\w-]+)*$/.test(ascii) ? ascii : undefined;
}

function inOrder(found: readonly Found[], order: ResultOrder): readonly Found[] {
  if (order === 'verbatim') return found;
  const first = order === 'ipv4first' ? 4 : 6;
  return [
    ...found.filter(({ family }) => family === first),
    ...found.filter(({ family }) => family !== first),
  ];
}

const typed = (address: string): Found => ({ address, family: isIP(address) === 4 ? 4 : 6 });

const isMissing = (error: unknown): boolean => error instanceof SocketFailure && error.code === 'ENOTFOUND';
