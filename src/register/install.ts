/** Puts the routed modules in the place of Node's own, for CommonJS and ESM. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import { nodeNet } from '../util/nodes-own.ts';
import { routeDgram } from './dgram.ts';
import { routeDns } from './dns.ts';
import { createLookupFor } from './lookup.ts';
import { routeNet } from './net.ts';
import type { Rules } from './rules.ts';
import { routeTls } from './tls.ts';

/** What a modem offers in their place. */
export interface Modules {
  readonly dgram: typeof dgram;
  readonly dns: typeof dns;
  readonly net: typeof net;
}

export function install(modem: Modules, rules: Rules): void {
  const routedDns = routeDns(modem.dns, rules);
  Object.assign(dns.promises, routedDns.promises);
  Object.assign(dns, routedDns.dns);
  const lookupFor = createLookupFor(modem.dns, dns.lookup);
  Object.assign(dgram, routeDgram(modem.dgram, rules, lookupFor));
  Object.assign(net, routeNet(modem.net, rules, lookupFor));
  Object.assign(tls, routeTls(rules, lookupFor));
  // These took what they needed from `net` when they were loaded.
  const { prototype } = http.Agent as unknown as { readonly prototype: { createConnection: unknown } };
  if (prototype.createConnection === nodeNet.createConnection)
    prototype.createConnection = net.createConnection;
  for (const { prototype } of [http.Server, tls.Server])
    Object.setPrototypeOf(prototype, net.Server.prototype);
  syncBuiltinESMExports();
}
