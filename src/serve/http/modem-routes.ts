/** Routes of the modem: status, AT commands, metrics. */
import { AtError } from '../../at/at-error.ts';
import { serviceMetrics } from '../metrics.ts';
import { countJobs } from '../outbox.ts';
import { Problem } from './problem.ts';
import type { Call, Route } from './route.ts';
import { AtAnswerSchema, type AtRequest, AtSchema, ModemSchema, NoQuerySchema } from './schemas.ts';

const AT_TIMEOUT_MS = 10_000;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const modemRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/modem',
    summary: 'State, network, signal, traffic and what the watchdog did.',
    scopes: ['read'],
    query: NoQuerySchema,
    answer: { status: 200, schema: ModemSchema },
    handle: async ({ service }) => ({
      status: 200,
      body: { ...(await service.view.snapshot()), jobs: countJobs(service.outbox.jobs.values()) },
    }),
  },
  {
    method: 'POST',
    path: '/v1/at',
    summary: 'One AT command, whatever it is.',
    scopes: ['admin'],
    query: NoQuerySchema,
    body: AtSchema,
    answer: { status: 200, schema: AtAnswerSchema },
    handle: async ({ service, body }: Call<AtRequest>) => {
      const { command, timeoutMs = AT_TIMEOUT_MS } = body;
      checkRepeat(command);
      if (service.modem.state !== 'ready') throw new Problem(503, 'the modem is not there now');
      try {
        return {
          status: 200,
          body: { ok: true, result: 'OK', lines: await service.modem.at.send(command, { timeoutMs }) },
        };
      } catch (error) {
        if (error instanceof AtError && error.refused)
          return { status: 200, body: { ok: false, result: error.value ?? 'ERROR', lines: [] } };
        throw unanswered(error);
      }
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus.',
    scopes: ['read'],
    query: NoQuerySchema,
    answer: { status: 200, type: METRICS_TYPE },
    handle: ({ service }) => ({
      status: 200,
      headers: { 'content-type': METRICS_TYPE },
      stream: async response => void response.end(serviceMetrics(service)),
    }),
  },
];

/** It would repeat a command of somebody else, and without the end of a line. @throws Problem */
export function checkRepeat(command: string): void {
  if (/^\s*a\//i.test(command)) throw new Problem(400, 'A/ repeats a command that is not yours');
}

/** @throws what is no answer of the modem, if it is a mistake of ours */
export function unanswered(error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_INVALID_ARG_VALUE') return new Problem(400, (error as Error).message);
  if (error instanceof AtError && error.kind === 'timeout')
    return new Problem(504, 'the modem has not answered in time');
  if (error instanceof AtError || code === 'ENETDOWN') return new Problem(503, 'the modem is not there now');
  throw error;
}
