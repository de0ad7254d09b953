/** Orders that come by MQTT: one JSON object each, with an id by which the same order is known again. */
import type { Job } from '../serve/job.ts';

const LONGEST_BYTES = 16_384;
const LONGEST_ID = 128;

/** What the bridge asks of the service: the same key is the same job, however often it comes. @throws Error of one sentence */
export type Accept = (order: object, key: string) => Job;

/** The answer to an order, always: what it has become, or why nothing has. */
export function answerOrder(payload: Uint8Array, accept: Accept): object {
  let id: string | undefined;
  try {
    const { id: given, ...order } = parse(payload);
    if (typeof given !== 'string' || !/^[!-~]+$/.test(given) || given.length > LONGEST_ID)
      throw new Error(`"id" must be 1 to ${LONGEST_ID} printable ASCII characters without blanks`);
    id = given;
    const { id: job, state } = accept(order, id);
    return { id, job, state };
  } catch (error) {
    return { ...(id !== undefined && { id }), error: (error as Error).message };
  }
}

function parse(payload: Uint8Array): object & { readonly id?: unknown } {
  if (payload.length > LONGEST_BYTES) throw new Error(`an order has ${LONGEST_BYTES} bytes at most`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new Error('an order must be JSON in UTF-8');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error('an order must be a JSON object');
}
