/** Checked by the compiler only: what stands in for `node:dns` is it, as far as its declarations say. */
import type * as Dns from 'node:dns';
import { createDns, type DnsOptions } from '../../src/sockets/dns.ts';
import type { DriverSource } from '../../src/sockets/driver-source.ts';

declare const source: DriverSource;
declare const options: DnsOptions;

export const asModule: typeof Dns = createDns(source, options);
export const asResolver: Dns.Resolver = new asModule.Resolver({ timeout: 1_000, tries: 2 });
export const asPromise: Promise<Dns.LookupAddress> = asModule.promises.lookup('example.org');
