/** `lookupService`: the name of an address by the name servers, the name of a port number by this machine. */
import nodeDns from 'node:dns';
import { DnsFailure } from '../dns/dns-failure.ts';
import type { DnsChannel } from './dns-channel.ts';
import { systemDnsError } from './dns-error.ts';

export interface Service {
  readonly hostname: string;
  readonly service: string;
}

/** @throws Error of getnameinfo: ENOTFOUND, EAI_AGAIN */
export async function findService(channel: DnsChannel, address: string, port: number): Promise<Service> {
  // The list of services is the same file everywhere, and Node gives no other way to it.
  const { service } = await nodeDns.promises.lookupService('127.0.0.1', port);
  try {
    const [hostname] = await channel.namesOf(address);
    if (hostname === undefined) throw new DnsFailure('ENODATA', `${address} has no name`);
    return { hostname, service };
  } catch (cause) {
    const nameless = cause instanceof DnsFailure && (cause.code === 'ENOTFOUND' || cause.code === 'ENODATA');
    throw systemDnsError(nameless ? 'ENOTFOUND' : 'EAI_AGAIN', 'getnameinfo', address, cause);
  }
}
