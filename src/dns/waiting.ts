/** Waiting with an end: every wait of a lookup has a deadline and can be cancelled. */

export interface Limit {
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/**
 * What `work` gives, unless the time is over or the signal comes first. The work itself goes on: whoever started it
 * sees to its end.
 * @throws what `late` gives; the reason of the signal
 */
export function within<T>(work: Promise<T>, { deadline, signal }: Limit, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(signal.reason);
    // Not unreferenced: as in Node, a query under way keeps the process alive.
    const timer = setTimeout(() => reject(late()), Math.max(0, deadline - performance.now()));
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    });
  });
}
