/** Work that is under way, so that an end can wait for it. */

export class Pending {
  readonly #works = new Set<Promise<unknown>>();

  /** Gives `work` back. */
  add<T>(work: Promise<T>): Promise<T> {
    const done = (): boolean => this.#works.delete(work);
    this.#works.add(work);
    work.then(done, done);
    return work;
  }

  /** Resolves when everything is over, and what came of it. Never rejects. */
  async settled(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works);
  }
}
