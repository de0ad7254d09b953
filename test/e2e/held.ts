/** What Node holds for this process, to see what is left behind. */
import { readdirSync } from 'node:fs';
import { expect } from 'vitest';

export interface Held {
  /** Timers, sockets, files … by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly descriptors: number;
}

export function held(): Held {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { resources, descriptors: readdirSync('/proc/self/fd').length };
}

export function expectNoMore(after: Held, before: Held): void {
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  for (const [kind, count] of Object.entries(after.resources))
    expect(count, kind).toBeLessThanOrEqual(before.resources[kind] ?? 0);
}
