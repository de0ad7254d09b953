/** How long and how often a program wants to wait for name servers. */

/** As the options of Node's `Resolver`. */
export interface Patience {
  /** How long the first answer may take; each round waits twice as long. */
  readonly timeoutMs: number;
  /** 0: no limit. */
  readonly maxTimeoutMs: number;
  /** How often each server is asked. */
  readonly tries: number;
  /** What all waits together may take; the tries that do not fit are left out. */
  readonly totalMs?: number;
}

/** The last ones wait for weeks. */
const MOST_ROUNDS = 32;
/** What a timer of Node can wait. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** For each round and each server how long to wait; what does not fit into the total is left out. */
export function plan(
  { timeoutMs, maxTimeoutMs, tries, totalMs = Infinity }: Patience,
  servers: number,
): number[][] {
  let leftMs = totalMs;
  return Array.from({ length: Math.min(tries, MOST_ROUNDS) }, (_, round) => {
    const waitMs = Math.min(timeoutMs * 2 ** round, maxTimeoutMs || Infinity, LONGEST_WAIT_MS);
    const asked = Math.min(servers, Math.floor(leftMs / waitMs));
    leftMs -= asked * waitMs;
    return Array.from({ length: asked }, () => waitMs);
  });
}
