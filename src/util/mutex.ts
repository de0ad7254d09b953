/** A first-come lock for async sections. */

export class Mutex {
  readonly #waiting: (() => void)[] = [];
  #locked = false;

  /** How many wait for their turn. */
  get queued(): number {
    return this.#waiting.length;
  }

  /** Runs `work` alone. While it still waits, `signal` takes it out of the queue; later it does nothing. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#locked) await this.#turn(signal);
    this.#locked = true;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Handing over leaves the lock closed, so nobody can come between.
      if (next) next();
      else this.#locked = false;
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(proceed);
    });
  }
}
