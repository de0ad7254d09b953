/** The routes of SIM-Modem-API's REST server, for programs that were written for it: same bodies, same keys (ecosystem.md 1D). */
import { randomUUID } from 'node:crypto';
import type { TSchema } from '@sinclair/typebox';
import { AtError } from '../../at/at-error.ts';
import { isOver, type Job, type Order } from '../job.ts';
import {
  type CompatAnswer,
  CompatAnswerSchema,
  type CompatCommand,
  CompatCommandSchema,
  type CompatSms,
  CompatSmsSchema,
  type Executed,
  validityMinutes,
} from './compat-schemas.ts';
import { accept, keyOf } from './message-routes.ts';
import { checkRepeat, unanswered } from './modem-routes.ts';
import { Problem } from './problem.ts';
import type { Answer, Call, Route } from './route.ts';
import { NoQuerySchema } from './schemas.ts';

const INFO_TIMEOUT_MS = 3_000;
/** A message of many parts takes its time; the server of old gave up after 10 s, and it went out all the same. */
const SEND_PATIENCE_MS = 60_000;

export const compatRoutes: readonly Route[] = [
  {
    ...described('POST', '/compat/sms', 'Send a message and wait until the network has it.', 'sms-send'),
    body: CompatSmsSchema,
    handle: (call: Call<CompatSms>) => sendSms(call),
  },
  {
    ...described('POST', '/compat/custom-command', 'One AT command in hexadecimal digits.', 'admin'),
    body: CompatCommandSchema,
    handle: (call: Call<CompatCommand>) => {
      const command = Buffer.from(call.body.binaryCommand, 'hex')
        .toString('latin1')
        .replace(/[\r\n]+$/, '');
      checkRepeat(command);
      return execute(call, command, call.body.timeoutMs);
    },
  },
  info('signal-quality', 'AT+CSQ', 'read'),
  info('subscriber-number', 'AT+CNUM', 'sms-read'),
  info('selected-character-set', 'AT+CSCS?', 'read'),
  info('selectable-character-sets', 'AT+CSCS=?', 'read'),
];

function info(name: string, command: string, scope: 'read' | 'sms-read'): Route {
  return {
    ...described('GET', `/compat/info/${name}`, `What the modem answers to ${command}.`, scope),
    handle: call => execute(call, command, INFO_TIMEOUT_MS),
  };
}

function described(method: 'GET' | 'POST', path: string, summary: string, scope: Route['scopes'][number]) {
  const answer: { status: number; schema: TSchema } = { status: 200, schema: CompatAnswerSchema };
  return { method, path, summary, scopes: [scope], query: NoQuerySchema, answer };
}

async function execute({ service }: Call<unknown>, command: string, timeoutMs: number): Promise<Answer> {
  if (service.modem.state !== 'ready') return answer('UNAVAILABLE', []);
  const sent = new Date();
  const told = (result: CompatAnswer['result'], response: string): Answer =>
    answer(result, [describe(command, response, timeoutMs, sent)]);
  try {
    const lines = await service.modem.at.send(command, { timeoutMs });
    return told('SUCCESS', [...lines, 'OK'].map(line => `\r\n${line}\r\n`).join(''));
  } catch (error) {
    if (error instanceof AtError && error.refused)
      return told('PREDICATE_MISMATCH', `\r\n${error.value ?? 'ERROR'}\r\n`);
    const problem = unanswered(error);
    if (problem.status === 504) return told('TIMED_OUT', '');
    if (problem.status === 503) return answer('UNAVAILABLE', []);
    throw problem;
  }
}

async function sendSms(call: Call<CompatSms>): Promise<Answer> {
  const { recipient: to, message: text } = call.body;
  const validity = validityMinutes(call.body);
  const order: Order = {
    to,
    text,
    report: true,
    ...(validity !== undefined && { validityMinutes: validity }),
  };
  if (call.service.modem.state !== 'ready') return answer('UNAVAILABLE', []);
  const header = call.request.headers['idempotency-key'];
  const key = header === undefined ? (repeated(call, order)?.key ?? `compat-${randomUUID()}`) : keyOf(header);
  const { job } = accept(call, order, key);
  const over = await waitFor(call, job);
  if (over.state === 'failed') return answer('PREDICATE_MISMATCH', []);
  return answer(over.state === 'unknown' ? 'TIMED_OUT' : 'SUCCESS', []);
}

/** Its clients know no keys: who asks again while the message is under way means the same one. */
function repeated({ service, token }: Call<unknown>, { to, text }: Order): Job | undefined {
  return [...service.outbox.jobs.values()].find(
    job =>
      !isOver(job) &&
      job.key.startsWith('compat-') &&
      job.by === token.id &&
      job.to === to &&
      job.text === text,
  );
}

/** @throws Problem */
async function waitFor({ service, signal }: Call<unknown>, job: Job): Promise<Job> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(SEND_PATIENCE_MS)]);
  const cursor = service.journal.latest;
  const now = service.outbox.jobs.get(job.id) ?? job;
  if (isOver(now)) return now;
  for await (const event of service.journal.after(cursor, patience))
    if (event.type === 'job' && event.job.id === job.id && isOver(event.job)) return event.job;
  throw new Problem(503, 'the message is still under way', {
    headers: { location: `/v1/messages/${job.id}` },
  });
}

const answer = (result: CompatAnswer['result'], executedCommands: readonly Executed[]): Answer => ({
  status: 200,
  body: { result, executedCommands },
});

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex').toUpperCase();

/** The server of old had local times without a zone. */
function describe(command: string, response: string, timeoutMs: number, sent: Date): Executed {
  return {
    readableCommand: command,
    binaryCommand: hex(`${command}\r`),
    readableResponse: response,
    binaryResponse: hex(response),
    timeoutMs,
    commandSentStamp: sent.toISOString().replace('Z', ''),
    responseReceivedStamp: new Date().toISOString().replace('Z', ''),
  };
}
