/** Figures of the service in the text format of Prometheus. */
import { countJobs } from './outbox.ts';
import type { Service } from './service.ts';

export function formatMetrics({ modem, outbox, journal }: Service): string {
  const jobs = Object.entries(countJobs(outbox.jobs.values()));
  return [
    '# HELP atsock_up Whether the modem is ready.',
    '# TYPE atsock_up gauge',
    `atsock_up ${modem.state === 'ready' ? 1 : 0}`,
    '# HELP atsock_jobs Messages of the outbox by state.',
    '# TYPE atsock_jobs gauge',
    ...jobs.map(([state, count]) => `atsock_jobs{state="${state}"} ${count}`),
    '# HELP atsock_inbox_messages Received messages that are kept.',
    '# TYPE atsock_inbox_messages gauge',
    `atsock_inbox_messages ${journal.messages.size}`,
    '',
  ].join('\n');
}
