/** How much a client may send in an hour and a day, counted in parts, which is what the network charges (reliability.md S20). */
import type { Job } from './job.ts';

export interface Quota {
  readonly perHour: number;
  readonly perDay: number;
}

const HOUR_MS = 3_600_000;

/** @returns how long until so many more parts may go out; 0: now; undefined: they never may */
export function quotaWait(
  jobs: Iterable<Job>,
  by: string,
  parts: number,
  quota: Quota,
  now: number,
): number | undefined {
  const used = [...jobs]
    .filter(job => job.by === by)
    .map(job => ({ at: Date.parse(job.acceptedAt), parts: job.parts }));
  const waits = [
    windowWait(used, parts, quota.perHour, HOUR_MS, now),
    windowWait(used, parts, quota.perDay, 24 * HOUR_MS, now),
  ];
  return waits.reduce((longest, wait) =>
    longest === undefined || wait === undefined ? undefined : Math.max(longest, wait),
  );
}

function windowWait(
  used: readonly { readonly at: number; readonly parts: number }[],
  parts: number,
  limit: number,
  windowMs: number,
  now: number,
): number | undefined {
  if (parts > limit) return undefined;
  const inside = used.filter(({ at }) => at > now - windowMs);
  let free = limit - parts - inside.reduce((sum, job) => sum + job.parts, 0);
  let wait = 0;
  for (const job of inside) {
    if (free >= 0) break;
    free += job.parts;
    wait = job.at + windowMs - now;
  }
  return wait;
}
