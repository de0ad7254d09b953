/** A web hook: each event is posted to one URL, as JSON and signed. */
import http from 'node:http';
import https from 'node:https';
import { type Destination, RefusedError } from './destination.ts';
import { signedHeaders } from './signature.ts';
import type { Way } from './webhook-ways.ts';

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
  readonly way: Way;
}

export function createWebhook({ gateway, url, secret, way }: WebhookOptions): Destination {
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
      const status = await post(url, headers, body, way, signal);
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
  way: Way,
  stop: AbortSignal,
): Promise<number> {
  const timeLimit = AbortSignal.timeout(way.timeLimitMs);
  const signal = AbortSignal.any([stop, timeLimit]);
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, signal, ...way.optionsFor(url) })
      .once('response', response => {
        response.on('error', () => {}).destroy();
        resolve(response.statusCode ?? 0);
      })
      .once('error', error =>
        reject(timeLimit.aborted ? new Error(`no answer within ${way.timeLimitMs / 1_000} s`) : error),
      )
      .end(body);
  });
}
