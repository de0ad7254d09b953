/** A web hook: each event is posted as JSON, signed, to one URL that may not lie in a private network unless allowed. */
import { type LookupAddress, lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { AddressRules, PRIVATE } from '../util/address-rules.ts';
import { type Destination, RefusedError } from './destination.ts';
import { signedHeaders } from './signature.ts';

/** For all of it: name, connection, answer. */
const TIME_LIMIT_MS = 10_000;
/**
 * These speak of the event. The others (wrong secret, wrong path, moved, too many, broken) speak of the destination, and
 * somebody may mend it within the day.
 */
const REFUSALS: readonly number[] = [400, 409, 410, 413, 414, 415, 422];

export interface WebhookOptions {
  /** What this computer is called, since several may post to one URL. */
  readonly gateway: string;
  readonly url: URL;
  readonly secret: Buffer;
  /** Subnets that may be reached although they are private. */
  readonly allow?: readonly string[] | undefined;
}

export function createWebhook({ gateway, url, secret, allow }: WebhookOptions): Destination {
  const rules = new AddressRules(allow, PRIVATE);
  return {
    name: 'webhook',
    wants: () => true,
    deliver: async (event, signal) => {
      const body = JSON.stringify({ gateway, ...event });
      const headers = {
        'content-type': 'application/json',
        'content-length': `${Buffer.byteLength(body)}`,
        'user-agent': 'atsock',
        ...signedHeaders(secret, `${gateway}-${event.id}`, Math.floor(Date.now() / 1_000), body),
      };
      const status = await post(url, headers, body, rules, signal);
      if (status >= 200 && status < 300) return;
      const answer = `it answered ${status}`;
      throw REFUSALS.includes(status) ? new RefusedError(answer) : new Error(answer);
    },
  };
}

/** The status. Its redirections are not followed and its body is not read (S12). */
function post(
  url: URL,
  headers: http.OutgoingHttpHeaders,
  body: string,
  rules: AddressRules,
  stop: AbortSignal,
): Promise<number> {
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  // Node looks no literal up.
  if (isIP(literal) && rules.check(literal)) throw refusedAddress(literal);
  const timeLimit = AbortSignal.timeout(TIME_LIMIT_MS);
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    request(url, {
      method: 'POST',
      headers,
      agent: false,
      lookup: lookupWithin(rules),
      signal: AbortSignal.any([stop, timeLimit]),
    })
      .once('response', response => {
        response.on('error', () => {}).destroy();
        resolve(response.statusCode ?? 0);
      })
      .once('error', error =>
        reject(timeLimit.aborted ? new Error(`no answer within ${TIME_LIMIT_MS / 1_000} s`) : error),
      )
      .end(body);
  });
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

const refusedAddress = (host: string): Error =>
  new Error(`${host} is in a private network, which is not allowed`);
