/** Figures of the service and its modem, in the text format of Prometheus. */
import { formatMetrics } from '../recovery/metrics.ts';
import { countJobs } from './outbox.ts';
import type { Service } from './service.ts';

export function serviceMetrics({ name, modem, outbox, journal }: Service): string {
  const jobs = Object.entries(countJobs(outbox.jobs.values()));
  return [
    formatMetrics(name, modem.state === 'ready', modem.stats()).trimEnd(),
    '# HELP atsock_jobs Messages of the outbox by state.',
    '# TYPE atsock_jobs gauge',
    ...jobs.map(([state, count]) => `atsock_jobs{state="${state}"} ${count}`),
    '# HELP atsock_inbox_messages Received messages that are kept.',
    '# TYPE atsock_inbox_messages gauge',
    `atsock_inbox_messages ${journal.messages.size}`,
    '',
  ].join('\n');
}
