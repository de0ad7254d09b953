/** The two ways of a web hook to its server: this computer's network, without what is private there, or a modem's. */
import { type LookupAddress, lookup } from 'node:dns';
import type { RequestOptions } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { AddressRules, PRIVATE } from '../util/address-rules.ts';

export interface Way {
  /** For all of it: name, connection, answer. */
  readonly timeLimitMs: number;
  /** For a request to that URL. @throws Error for one that may not be made */
  optionsFor(url: URL): RequestOptions;
}

/** `modem.net` has it. */
export interface ModemNet {
  connect(port: number, host: string): Duplex;
}

/** @param allow subnets that may be reached although they are private */
export function overThisComputer(allow: readonly string[]): Way {
  const rules = new AddressRules(allow, PRIVATE);
  return {
    timeLimitMs: 10_000,
    optionsFor: url => {
      const host = hostOf(url);
      // Node looks no literal up.
      if (isIP(host) && rules.check(host)) throw refusedAddress(host);
      return { agent: false, lookup: lookupWithin(rules) };
    },
  };
}

/** What is private there is the business of the modem's operator. */
export const overModem = (net: ModemNet): Way => ({
  // A dial and a TLS handshake take their time on NB-IoT.
  timeLimitMs: 60_000,
  optionsFor: url => ({ createConnection: () => connectOver(net, url) }),
});

function connectOver(net: ModemNet, url: URL): Duplex {
  const host = hostOf(url);
  if (url.protocol === 'http:') return net.connect(Number(url.port || 80), host);
  const socket = net.connect(Number(url.port || 443), host);
  return connectTls({ socket, ...(isIP(host) ? { host } : { servername: host }) });
}

/** After resolution, and for the connection that is then made: a name may have another address each time (S18). */
function lookupWithin(rules: AddressRules): LookupFunction {
  return (name, options, done) =>
    lookup(name, { ...options, all: true }, (error, found) => {
      const [first, ...more] = error ? [] : found.filter(({ address }) => !rules.check(address));
      if (!first) return done(error ?? refusedAddress(name), []);
      if (options.all) return done(null, [first, ...more] satisfies LookupAddress[]);
      return done(null, first.address, first.family);
    });
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

const refusedAddress = (host: string): Error =>
  new Error(`${host} is in a private network, which is not allowed`);
