/** Keeps the process alive for a handle that is referenced or has something under way, as libuv's handles do. */
import { createHold, type Hold } from './hold.ts';

export class Liveness {
  /** From the first need on: a handle that is never used has nothing to release. */
  #hold: Hold | undefined;
  readonly #isActive: (wantsRef: boolean) => boolean;
  #wantsRef = true;
  /** Operations under way; they keep the process alive even if the handle does not. */
  #busy = 0;

  /** @param isActive whether the handle holds the process, apart from what is under way; call `update()` when it changes */
  constructor(isActive: (wantsRef: boolean) => boolean) {
    this.#isActive = isActive;
  }

  ref(): void {
    this.#wantsRef = true;
    this.update();
  }

  unref(): void {
    this.#wantsRef = false;
    this.update();
  }

  update(): void {
    const isHeld = this.#busy > 0 || this.#isActive(this.#wantsRef);
    if (!isHeld) this.#hold?.unref();
    else if (this.#hold) this.#hold.ref();
    else this.#hold = createHold();
  }

  async during<T>(operation: Promise<T> | undefined): Promise<T | undefined> {
    this.#busy++;
    this.update();
    try {
      return await operation;
    } finally {
      this.#busy--;
      this.update();
    }
  }

  release(): void {
    this.#hold?.release();
  }
}
