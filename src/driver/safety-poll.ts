/** Looks at every open socket that was not heard of for a while, because URCs get lost (reliability.md F23; quectel-qfwd.md 3.6). */

/** How long nobody looks. */
const SILENCE_MS = 5_000;
/** Where no URC tells of data. */
const SHORT_SILENCE_MS = 500;

export interface Polled {
  /** When something was last found out about it, by `performance.now()`. */
  readonly lookedAt: number;
  /** Finds out what no URC has told. */
  check(): Promise<void>;
}

export class SafetyPoll {
  /** Data are not announced by URCs, as far as is known. */
  quick = false;
  readonly #polled = new Set<Polled>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #stopped = false;
  /** Everybody, however short ago: URCs may just have been lost. */
  #all = false;
  /** When that was last so. */
  #allAt = Number.NEGATIVE_INFINITY;

  add(polled: Polled): void {
    this.#polled.add(polled);
    this.#schedule();
  }

  delete(polled: Polled): void {
    this.#polled.delete(polled);
  }

  /** After a resynchronisation, which may have cost some URCs; a look that needs one itself is not repeated at once. */
  soon(): void {
    this.#all = true;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** A tenth of a silence is near enough. */
  #schedule(): void {
    if (this.#stopped || this.#running || this.#polled.size === 0) return;
    // Sockets that come one after the other must not put it off.
    if (this.#timer && !this.#all) return;
    clearTimeout(this.#timer);
    const waitMs = this.#all
      ? Math.max(0, this.#allAt + SILENCE_MS - performance.now())
      : this.#silenceMs / 10;
    this.#timer = setTimeout(() => void this.#round(), waitMs).unref();
  }

  get #silenceMs(): number {
    return this.quick ? SHORT_SILENCE_MS : SILENCE_MS;
  }

  async #round(): Promise<void> {
    this.#timer = undefined;
    this.#running = true;
    if (this.#all) this.#allAt = performance.now();
    const before = this.#all ? Number.POSITIVE_INFINITY : performance.now() - this.#silenceMs;
    this.#all = false;
    for (const polled of [...this.#polled]) {
      if (!this.#polled.has(polled) || polled.lookedAt > before) continue;
      // What goes wrong here is found by whoever uses the socket next.
      await polled.check().catch(() => {});
    }
    this.#running = false;
    this.#schedule();
  }
}
