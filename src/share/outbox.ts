/** What a client has not read yet: written as fast as it takes it, kept in one piece of memory, and bounded (reliability.md S7). */
import type { Duplex } from 'node:stream';

/** From here on it is a matter of time … */
const MUCH = 256 * 1024;
/** … which ends when it has taken nothing for so long … */
const STALLED_MS = 5_000;
/** … and nobody may have more. A power of 2, since memory grows by doubling. */
const TOO_MUCH = 1024 * 1024;

/** The size of the pieces in which what has waited goes on. */
const PIECE = 16 * 1024;

export class Outbox {
  readonly #stream: Duplex;
  readonly #overflow: () => void;
  #waiting = Buffer.alloc(0);
  #length = 0;
  /** When the client took something last. */
  #movedAt = 0;
  #room: (() => void)[] = [];

  /** @param overflow the client does not read, and what it was sent now is left out */
  constructor(stream: Duplex, overflow: () => void) {
    this.#stream = stream;
    this.#overflow = overflow;
    stream.on('drain', () => this.#drained());
    stream.on('close', () => this.#leave());
  }

  write(bytes: Buffer): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    if (this.#isIdle) {
      this.#movedAt = performance.now();
      this.#stream.write(bytes);
      return;
    }
    const unread = this.#length + bytes.length;
    const stalled = performance.now() - this.#movedAt > STALLED_MS;
    if (unread > (stalled ? MUCH : TOO_MUCH)) this.#overflow();
    else this.#keep(bytes);
  }

  /** Resolves when the client has read on, or is gone: whoever only answers it has to wait for it. */
  room(): Promise<void> | undefined {
    if (this.#isIdle || this.#stream.destroyed) return undefined;
    return new Promise(resolve => this.#room.push(resolve));
  }

  /** Behind all that waits. */
  end(): void {
    if (this.#length > 0 && !this.#stream.destroyed) this.#stream.write(this.#take(this.#length));
    this.#stream.end();
  }

  get #isIdle(): boolean {
    return this.#length === 0 && !this.#stream.writableNeedDrain;
  }

  #keep(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#waiting.length) {
      const longer = Buffer.allocUnsafeSlow(Math.max(PIECE, 2 ** Math.ceil(Math.log2(length))));
      this.#waiting.copy(longer, 0, 0, this.#length);
      this.#waiting = longer;
    }
    bytes.copy(this.#waiting, this.#length);
    this.#length = length;
  }

  #take(length: number): Buffer {
    const taken = Buffer.from(this.#waiting.subarray(0, length));
    this.#waiting.copy(this.#waiting, 0, length, this.#length);
    this.#length -= taken.length;
    if (this.#length === 0) this.#waiting = Buffer.alloc(0);
    return taken;
  }

  #drained(): void {
    this.#movedAt = performance.now();
    while (this.#length > 0 && !this.#stream.writableNeedDrain && !this.#stream.destroyed)
      this.#stream.write(this.#take(Math.min(PIECE, this.#length)));
    if (this.#isIdle) this.#leave();
  }

  /** Nobody waits any more. */
  #leave(): void {
    for (const go of this.#room.splice(0)) go();
  }
}
