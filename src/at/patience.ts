/** How long an answer is waited for: longer while `atsock share` says that others have their turn, but not for ever. */

/** More than a client of `atsock share` may lock the others out. Who says "not yet" for longer lies (reliability.md S15). */
const LONGEST_TURN_MS = 900_000;

export class Patience {
  #timer: NodeJS.Timeout | undefined;
  #end = 0;

  /** @returns the way to stop */
  start(ms: number, late: () => void): () => void {
    const timer = setTimeout(late, ms);
    this.#timer = timer;
    this.#end = performance.now() + LONGEST_TURN_MS;
    return () => clearTimeout(timer);
  }

  /** From the beginning once more. */
  renew(): void {
    if (performance.now() < this.#end) this.#timer?.refresh();
  }
}
