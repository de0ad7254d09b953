/** Keeps web pages of others out, before anything else is looked at: names that point here, and requests they make (reliability.md S5). */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Problem } from './problem.ts';

/** A browser says where a request comes from; a user who types the address, or a program, is `none` or silent. */
const OWN_SITES = ['same-origin', 'none', undefined];
const MOST_HEADERS = 64;

/**
 * @param names under which the service may be asked for, besides its own addresses
 * @throws Problem
 */
export function checkSource(
  request: IncomingMessage,
  scheme: 'http' | 'https',
  names: readonly string[],
): void {
  if (request.rawHeaders.length > 2 * MOST_HEADERS)
    throw new Problem(431, `a request has ${MOST_HEADERS} headers at most`);
  const hosts = valuesOf(request, 'host');
  const host = hosts.length === 1 ? hosts[0]?.toLowerCase() : undefined;
  if (host === undefined || !isOwnHost(host, request, names))
    throw new Problem(421, 'this name is not one of this service: see --name');
  // The absolute form names a host of its own (RFC 9112 3.2.2).
  if (!request.url?.startsWith('/')) throw new Problem(400, 'the target must be a path');
  const origins = valuesOf(request, 'origin');
  if (origins.some(origin => origin.toLowerCase() !== `${scheme}://${host}`))
    throw new Problem(403, 'pages of other origins may not use this service');
  const sites = valuesOf(request, 'sec-fetch-site');
  if (sites.length > 1 || !OWN_SITES.includes(sites[0]))
    throw new Problem(403, 'pages of other sites may not use this service');
}

/** The literal address that was connected to cannot be a name that somebody else has pointed here. */
function isOwnHost(host: string, { socket }: IncomingMessage, names: readonly string[]): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host) ?? [];
  const name = bracketed ?? plain;
  if (isIP(name)) return name === socket.localAddress?.replace(/^::ffff:/, '');
  return names.includes(name);
}

/** All of them: Node shows the first of some headers only. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
