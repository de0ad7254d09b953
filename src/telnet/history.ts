/** The lines that were typed, to be leafed through. */

const LINES = 100;

export class History {
  /** The oldest first. */
  readonly #lines: string[] = [];
  /** How far back the reader is, and what was being typed before. */
  #back = 0;
  #draft = '';

  add(line: string): void {
    if (line === '' || line === this.#lines.at(-1)) return;
    this.#lines.push(line);
    if (this.#lines.length > LINES) this.#lines.shift();
  }

  /** Ends the leafing. */
  rewind(): void {
    this.#back = 0;
  }

  /** @returns undefined where there is none */
  older(shown: string): string | undefined {
    if (this.#back === this.#lines.length) return undefined;
    if (this.#back === 0) this.#draft = shown;
    this.#back++;
    return this.#lines.at(-this.#back);
  }

  newer(): string | undefined {
    if (this.#back === 0) return undefined;
    this.#back--;
    return this.#back === 0 ? this.#draft : this.#lines.at(-this.#back);
  }
}
