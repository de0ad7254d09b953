/** Routes of short messages: send, outbox, inbox. */
import { randomUUID } from 'node:crypto';
import type { Job, Order } from '../job.ts';
import { Refusal } from '../refusal.ts';
import { Problem } from './problem.ts';
import type { Answer, Call, Params, Route } from './route.ts';
import {
  InboxSchema,
  JobListSchema,
  JobQuerySchema,
  JobSchema,
  NoQuerySchema,
  OrderSchema,
  PageQuerySchema,
} from './schemas.ts';

const USUAL_LIMIT = '50';
/** The draft "The Idempotency-Key HTTP Header Field" has 422 for a key that was used otherwise. */
const STATUSES = { key: 422, quota: 429, number: 403, text: 400 } as const;

export const messageRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    summary: 'Send a message. With the header Idempotency-Key it may be asked for again and again.',
    scopes: ['sms-send'],
    query: NoQuerySchema,
    body: OrderSchema,
    answer: { status: 202, schema: JobSchema },
    handle: (call: Call<Order>) => {
      const { job, isNew } = accept(call, call.body, keyOf(call.request.headers['idempotency-key']));
      return { status: isNew ? 202 : 200, body: job, headers: { location: `/v1/messages/${job.id}` } };
    },
  },
  {
    method: 'GET',
    path: '/v1/messages',
    summary: 'The outbox: with sms-send what was sent with this token, with sms-read all.',
    scopes: ['sms-send', 'sms-read'],
    query: JobQuerySchema,
    answer: { status: 200, schema: JobListSchema },
    handle: call => {
      const { state } = call.query;
      const jobs = [...call.service.outbox.jobs.values()];
      return page(
        jobs.filter(job => maySee(call, job) && (state === undefined || job.state === state)),
        call.query,
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/messages/{id}',
    summary: 'One message of the outbox.',
    scopes: ['sms-send', 'sms-read'],
    query: NoQuerySchema,
    answer: { status: 200, schema: JobSchema },
    handle: call => ({ status: 200, body: find(call) }),
  },
  {
    method: 'DELETE',
    path: '/v1/messages/{id}',
    summary: 'Cancel a message that is still queued: it fails with the error "cancelled".',
    scopes: ['sms-send'],
    query: NoQuerySchema,
    answer: { status: 200, schema: JobSchema },
    handle: call => {
      if (!call.service.outbox.cancel(find(call)))
        throw new Problem(409, 'it is too late to cancel this message');
      return { status: 200, body: find(call) };
    },
  },
  {
    method: 'GET',
    path: '/v1/inbox',
    summary: 'Messages that were received.',
    scopes: ['sms-read'],
    query: PageQuerySchema,
    answer: { status: 200, schema: InboxSchema },
    handle: ({ service, query }) => page([...service.journal.messages.values()], query),
  },
];

/** @throws Problem */
export function accept(
  { service, token }: Pick<Call<unknown>, 'service' | 'token'>,
  order: Order,
  key: string,
): { readonly job: Job; readonly isNew: boolean } {
  try {
    return service.outbox.accept(order, { key, by: token.id });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { retryAfterMs } = error;
    const headers =
      retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) };
    throw new Problem(STATUSES[error.reason], error.message, { headers });
  }
}

/** @throws Problem */
export function keyOf(header: string | readonly string[] | undefined): string {
  if (header === undefined) return randomUUID();
  if (typeof header === 'string' && /^[\x21-\x7e]{1,128}$/.test(header)) return header;
  throw new Problem(400, 'the header Idempotency-Key must have 1 to 128 printable characters');
}

/** Texts of others are for those who may read all. */
const maySee = ({ token }: Pick<Call<unknown>, 'token'>, job: Job): boolean =>
  token.scopes.has('sms-read') || job.by === token.id;

/** @throws Problem */
function find(call: Call<unknown>): Job {
  const job = call.service.outbox.jobs.get(call.params.id ?? '');
  if (job && maySee(call, job)) return job;
  throw new Problem(404, 'there is no such message');
}

/** @param items the oldest first. @throws Problem */
function page(items: readonly { readonly id: string }[], { limit = USUAL_LIMIT, before }: Params): Answer {
  const end = before === undefined ? items.length : items.findIndex(({ id }) => id === before);
  if (end < 0) throw new Problem(400, 'there is no message with the id of "before"');
  const start = Math.max(0, end - Number(limit));
  const shown = items.slice(start, end).reverse();
  const oldest = start > 0 ? shown.at(-1) : undefined;
  return { status: 200, body: { items: shown, ...(oldest && { next: oldest.id }) } };
}
