/** Patience with wrong passwords: few for each address and minute (reliability.md S2). */

/** After so many failures of an address it is not listened to until its minute is over. */
const FAILURES = 5;
const MINUTE_MS = 60_000;
/** Whoever guesses from more addresses than this gets more guesses, but no more memory. */
const ADDRESSES = 1_000;

export class Attempts {
  readonly #failures = new Map<string, { count: number; readonly until: number }>();

  /** What `work` finds; undefined if that is nothing, which counts, or if the address has failed too often. */
  try<T>(address: string, work: () => T): T | undefined {
    const now = performance.now();
    for (const [each, { until }] of this.#failures) if (until <= now) this.#failures.delete(each);
    const failed = this.#failures.get(address) ?? { count: 0, until: now + MINUTE_MS };
    if (failed.count >= FAILURES) return undefined;
    const found = work();
    if (found) return found;
    failed.count++;
    this.#failures.set(address, failed);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    return undefined;
  }
}
