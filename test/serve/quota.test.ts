/** Quotas: exactly so many parts in an hour and a day, for each client (reliability.md S20). */
import { expect, test } from 'vitest';
import type { Job } from '../../src/serve/job.ts';
import { quotaWait } from '../../src/serve/quota.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-11-21T20:00:00Z');
const QUOTA = { perHour: 30, perDay: 200 };

function used(agesMs: readonly number[], parts = 1, by = 'me'): Job[] {
  return agesMs.map((age, index) => {
    const at = new Date(NOW - age).toISOString();
    return {
      id: `${index}`,
      key: `${index}`,
      by,
      to: '+1',
      text: '',
      state: 'sent',
      acceptedAt: at,
      changedAt: at,
      parts,
      tries: 1,
    };
  });
}
const minutesAgo = (count: number): number[] => Array.from({ length: count }, (_, n) => (count - n) * 60_000);

test.each<[string, Job[], number, number | undefined]>([
  ['nothing yet', [], 1, 0],
  ['29 in this hour', used(minutesAgo(29)), 1, 0],
  ['30 in this hour: until the oldest is an hour old', used(minutesAgo(30)), 1, HOUR_MS - 30 * 60_000],
  ['two more parts need two of them', used(minutesAgo(30)), 2, HOUR_MS - 29 * 60_000],
  ['parts count, not messages', used(minutesAgo(10), 3), 1, HOUR_MS - 10 * 60_000],
  ['of another client', used(minutesAgo(30), 1, 'other'), 1, 0],
  ['an hour ago to the millisecond', used(Array(30).fill(HOUR_MS)), 1, 0],
  ['a millisecond less', used(Array(30).fill(HOUR_MS - 1)), 1, 1],
  ['199 in this day', used(Array(199).fill(2 * HOUR_MS)), 1, 0],
  ['200 in this day', used(Array(200).fill(2 * HOUR_MS)), 1, 22 * HOUR_MS],
  ['more parts than an hour has', [], 31, undefined],
])('%s', (_, jobs, parts, wait) => {
  expect(quotaWait(jobs, 'me', parts, QUOTA, NOW)).toBe(wait);
});
