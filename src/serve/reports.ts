/** Status reports: which job one is about, and what it makes of it. */
import type { SmsReport } from '../sms/messages.ts';
import type { Job } from './job.ts';

type Change = Pick<Job, 'state' | 'delivered' | 'error'>;

/** undefined: about none, or it says nothing new. @param jobs the oldest first; none of them is being sent */
export function settle(jobs: Iterable<Job>, report: SmsReport): { job: Job; change: Change } | undefined {
  if (report.state === 'pending') return undefined;
  const candidates = [...jobs]
    .filter(({ to, report: asked }) => asked && sameNumber(to, report.to))
    .reverse();
  // References come round again after 256 messages: the newest is meant.
  const known = candidates.find(({ references = [] }) => references.includes(report.reference));
  const job = known ?? onlyUnknown(candidates);
  if (!job || job.state === 'delivered' || job.delivered?.includes(report.reference)) return undefined;
  if (report.state === 'failed')
    return { job, change: { state: 'failed', error: 'it could not be delivered' } };
  const delivered = [...(job.delivered ?? []), report.reference];
  const isWhole = delivered.length >= job.parts;
  return { job, change: { state: isWhole ? 'delivered' : job.state, delivered } };
}

/** Its reference was lost with its result (F65): only where no other one and no other part can be meant. */
function onlyUnknown(jobs: readonly Job[]): Job | undefined {
  const [job, ...others] = jobs.filter(({ state }) => state === 'unknown');
  return job?.parts === 1 && others.length === 0 ? job : undefined;
}

/** With or without the plus: service centres repeat a number as they like. */
const sameNumber = (one: string, other: string): boolean => one.replace('+', '') === other.replace('+', '');
