/** What a process holds at a quiet moment: memory after collection, descriptors, timers. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Sample {
  readonly heapBytes: number;
  /** Buffers, which live outside the heap. */
  readonly externalBytes: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly timers: number;
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

export async function takeSample(): Promise<Sample> {
  // What the first run frees may hold more by finalizers, which want a turn of the event loop.
  for (let run = 0; run < 3; run++) {
    collect();
    await new Promise<void>(resolve => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    descriptors: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length,
  };
}
