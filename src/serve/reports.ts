/** Status reports: which job one is about, and what it makes of it. */
import type { SmsReport } from '../sms/messages.ts';
import type { Job } from './job.ts';

type Change = Pick<Job, 'state' | 'delivered' | 'error'>;

/** undefined: about none, or it says nothing new. @param jobs the oldest first */
export function settle(jobs: Iterable<Job>, report: SmsReport): { job: Job; change: Change } | undefined {
  if (report.state === 'pending') return undefined;
  const candidates = [...jobs]
    .filter(({ to, report: asked }) => asked && sameNumber(to, report.to))
    .reverse();
  // References come round again after 256 messages: the newest is meant.
  const sent = candidates.find(
    ({ state, references = [] }) => state === 'sent' && references.includes(report.reference),
  );
  // Its references are not known; that it has one part only makes sure that all of it is meant (F65).
  const job = sent ?? candidates.find(({ state, parts }) => state === 'unknown' && parts === 1);
  if (!job) return undefined;
  if (report.state === 'failed')
    return { job, change: { state: 'failed', error: 'it could not be delivered' } };
  const delivered = [...new Set([...(job.delivered ?? []), report.reference])];
  const isWhole = delivered.length >= job.parts;
  return { job, change: { state: isWhole ? 'delivered' : job.state, delivered } };
}

/** With or without the plus: service centres repeat a number as they like. */
const sameNumber = (one: string, other: string): boolean => one.replace('+', '') === other.replace('+', '');
