/** The route of events: server-sent events, from where a client has stopped reading. */
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServeEvent } from '../events.ts';
import { countJobs } from '../outbox.ts';
import { Problem } from './problem.ts';
import type { Call, Route } from './route.ts';
import { NoQuerySchema } from './schemas.ts';

const EVENT_TYPE = 'text/event-stream';
/** Also tells that the connection lives. */
const STATUS_EACH_MS = 5_000;

export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/events',
    summary:
      'Events as they happen (message, job, modem, watchdog), after the id in the header Last-Event-ID; and the status of the modem each 5 s. Messages and jobs need sms-read, too.',
    scopes: ['read'],
    query: NoQuerySchema,
    answer: { status: 200, type: EVENT_TYPE },
    handle: call => {
      const { 'last-event-id': last = call.service.journal.latest } = call.request.headers;
      if (typeof last !== 'string' || !/^\d{1,15}$/.test(last))
        throw new Problem(400, 'the header Last-Event-ID must be the id of an event');
      return {
        status: 200,
        headers: { 'content-type': EVENT_TYPE, 'x-accel-buffering': 'no' },
        stream: async response => {
          response.flushHeaders();
          await Promise.all([tellEvents(call, last, response), tellStatus(call, response)]);
        },
      };
    },
  },
];

async function tellEvents(
  { service, token, signal }: Call<unknown>,
  last: string,
  response: ServerResponse,
): Promise<void> {
  for await (const event of service.journal.after(last, signal)) {
    if (!token.scopes.has('sms-read') && (event.type === 'message' || event.type === 'job')) continue;
    await write(response, `id: ${event.id}\n${format(event.type, event)}`, signal);
  }
  response.end();
}

async function tellStatus({ service, signal }: Call<unknown>, response: ServerResponse): Promise<void> {
  while (!signal.aborted) {
    const { signal: history, ...now } = await service.view.snapshot();
    const jobs = countJobs(service.outbox.jobs.values());
    await write(response, format('status', { ...now, signal: history.slice(-1), jobs }), signal);
    await pause(STATUS_EACH_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** JSON has no line break of its own. */
const format = (name: ServeEvent['type'] | 'status', data: object): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** A client that does not read gets nothing more until it does: the journal keeps it meanwhile. */
async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(text)) return;
  await new Promise<void>(resolve => {
    const go = (): void => {
      response.off('drain', go);
      signal.removeEventListener('abort', go);
      resolve();
    };
    response.once('drain', go);
    signal.addEventListener('abort', go, { once: true });
  });
}
