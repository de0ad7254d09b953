/** LOCK: a transaction on the modem that a client keeps open over several of its lines. */
import type { AtChannel, Executor } from '../at/index.ts';

const DEFAULT_SECONDS = 30;
const LONGEST_SECONDS = 600;

export class Lock {
  readonly #gone: AbortSignal;
  #held: { readonly channel: AtChannel; readonly at: Executor; readonly release: () => void } | undefined;
  /** What is being carried out: the modem is not the next client's before that is over. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(gone: AbortSignal) {
    this.#gone = gone;
  }

  /** The client's command, while it is held; undefined: it is not, of this channel. */
  run<T>(channel: AtChannel, work: (at: Executor) => Promise<T>): Promise<T> | undefined {
    if (this.#held?.channel !== channel) return undefined;
    const running = work(this.#held.at);
    this.#work = running.catch(() => {});
    return running;
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
            void this.#work.then(() => ended());
          };
          this.#held = { channel, at, release };
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
