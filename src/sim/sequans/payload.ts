/** The payload of SQNSSENDEXT: counted bytes, raw or as hex digits (sequans.md 3.6). */
import type { Intake } from '../command-set.ts';

export class Payload implements Intake {
  readonly #bytes: Buffer;
  readonly #hex: boolean;
  #filled = 0;
  #spoiled = false;
  /** The first digit of a byte whose second is still missing. */
  #high: number | undefined;

  constructor(length: number, hex: boolean) {
    this.#bytes = Buffer.allocUnsafe(length);
    this.#hex = hex;
  }

  get complete(): boolean {
    return this.#spoiled || this.#filled === this.#bytes.length;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** It had something that is no hex digit: the LF of a CR LF behind the command is the usual one (sequans.md 1.2). */
  get spoiled(): boolean {
    return this.#spoiled;
  }

  /** Takes what belongs to the payload and returns how much that was. */
  feed(chunk: Buffer): number {
    if (!this.#hex) {
      const taken = chunk.copy(this.#bytes, this.#filled);
      this.#filled += taken;
      return taken;
    }
    let taken = 0;
    while (taken < chunk.length && !this.complete) this.#feedDigit(chunk[taken++] ?? 0);
    return taken;
  }

  #feedDigit(char: number): void {
    // TinyGSM writes a NUL after each pair, and it works (sequans.md 3.6).
    if (char === 0) return;
    const digit = Number.parseInt(String.fromCharCode(char), 16);
    if (Number.isNaN(digit)) {
      this.#spoiled = true;
    } else if (this.#high === undefined) {
      this.#high = digit;
    } else {
      this.#bytes[this.#filled++] = this.#high * 16 + digit;
      this.#high = undefined;
    }
  }
}
