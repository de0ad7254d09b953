/** LOCK: a transaction on the modem that a client keeps open over several of its lines. */
import type { AtChannel, Executor } from '../at/index.ts';

const DEFAULT_SECONDS = 30;
const LONGEST_SECONDS = 600;

export class Lock {
  readonly #gone: AbortSignal;
  #held: { readonly at: Executor; readonly release: () => void } | undefined;

  constructor(gone: AbortSignal) {
    this.#gone = gone;
  }

  /** While it is held: what the client's commands go through. */
  get executor(): Executor | undefined {
    return this.#held?.at;
  }

  /** Resolves when its turn has come. Taken again it lasts as long from then on. */
  take(channel: AtChannel, seconds = DEFAULT_SECONDS): Promise<void> {
    this.release();
    return new Promise((resolve, reject) => {
      const hold = (at: Executor): Promise<void> =>
        new Promise(ended => {
          const timer = setTimeout(() => this.release(), Math.min(seconds, LONGEST_SECONDS) * 1_000);
          const release = (): void => {
            clearTimeout(timer);
            ended();
          };
          this.#held = { at, release };
          resolve();
        });
      channel.transaction(hold, { signal: this.#gone }).catch(reject);
    });
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }
}
