/** Signatures of web hooks as Standard Webhooks 1.0.0 has them, for which receivers find a library in most languages. */
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** As the specification has them. */
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;

/** @throws Error for what is no such secret; without the text, since it may be one of another kind */
export function parseSecret(text: string): Buffer {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const key = Buffer.from(encoded, 'base64');
  const fits = key.length >= FEWEST_BYTES && key.length <= MOST_BYTES && key.toString('base64') === encoded;
  if (fits) return key;
  throw new Error(`the secret must be "${PREFIX}" and ${FEWEST_BYTES} to ${MOST_BYTES} bytes in Base64`);
}

/** @param sentAt seconds since 1970 */
export function signedHeaders(
  key: Buffer,
  id: string,
  sentAt: number,
  body: string,
): Readonly<Record<string, string>> {
  const signature = createHmac('sha256', key).update(`${id}.${sentAt}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': `${sentAt}`, 'webhook-signature': `v1,${signature}` };
}
