/** Name servers: their text form, and what was learnt about each. */
import { isIP, SocketAddress } from 'node:net';
import type { Endpoint, Family } from '../driver/port.ts';

const DNS_PORT = 53;

/** For networks that name no servers of their own. */
export const PUBLIC_SERVERS: readonly Endpoint[] = [
  '1.1.1.1',
  '8.8.8.8',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
].map(address => ({ address, port: DNS_PORT, family: isIP(address) === 4 ? 4 : 6 }));

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; undefined for anything else. */
export function parseServer(text: string): Endpoint | undefined {
  if (isIP(text)) return endpoint(text, DNS_PORT);
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? DNS_PORT : Number(digits);
  const address = bracketed ?? plain ?? '';
  const fits = isIP(address) === (bracketed === undefined ? 4 : 6);
  return fits && port > 0 && port < 65_536 ? endpoint(address, port) : undefined;
}

/** As Node's `getServers()` writes them. */
export function formatServer({ address, port, family }: Endpoint): string {
  if (port === DNS_PORT) return address;
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

function endpoint(text: string, port: number): Endpoint {
  const family: Family = isIP(text) === 4 ? 4 : 6;
  return { address: canonical(text, family), port, family };
}

/** The shortest form; a zone is no part of what SocketAddress keeps. */
const canonical = (address: string, family: Family): string =>
  family === 4 || address.includes('%') ? address : new SocketAddress({ address, family: 'ipv6' }).address;

export const sameServer = (heard: Endpoint, server: Endpoint): boolean =>
  heard.port === server.port && canonical(heard.address, heard.family) === server.address;

/** How long a server that failed is asked after the others (reliability F60). */
const ASIDE_MS = 5_000;

/** What a server does not do. */
export interface Traits {
  /** It does not repeat the case of letters. */
  plainCase: boolean;
  /** It does not know EDNS0. */
  plainDns: boolean;
}

export class ServerMemory {
  readonly #failedAt = new Map<string, number>();
  readonly #traits = new Map<string, Traits>();

  /** Those that failed lately come last. */
  inOrder(servers: readonly Endpoint[]): readonly Endpoint[] {
    const since = performance.now() - ASIDE_MS;
    const failed = (server: Endpoint): boolean => (this.#failedAt.get(formatServer(server)) ?? since) > since;
    return [...servers.filter(server => !failed(server)), ...servers.filter(failed)];
  }

  failed(server: Endpoint): void {
    this.#failedAt.set(formatServer(server), performance.now());
  }

  worked(server: Endpoint): void {
    this.#failedAt.delete(formatServer(server));
  }

  traits(server: Endpoint): Traits {
    const key = formatServer(server);
    const known = this.#traits.get(key) ?? { plainCase: false, plainDns: false };
    this.#traits.set(key, known);
    return known;
  }
}
