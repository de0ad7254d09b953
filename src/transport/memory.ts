/** A pair of byte streams in one process: what one side writes the other reads. */
import { Duplex } from 'node:stream';
import { codedError } from './open-error.ts';
import type { ByteStream } from './transport.ts';

class MemoryStream extends Duplex implements ByteStream {
  #peer: MemoryStream | undefined;
  /** The peer's write callback, held while our reader has no room: back-pressure through the pair. */
  #release: (() => void) | undefined;

  constructor() {
    // As a line: when one direction is over, so is the other.
    super({ allowHalfOpen: false });
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
  }

  override _read(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const peer = this.#peer;
    if (!peer || peer.destroyed) done(codedError('EPIPE', 'write EPIPE'));
    // The writer may reuse its buffer once the callback has run, and a pipe never shares memory.
    else peer.#accept(Buffer.from(chunk), done);
  }

  override _final(done: () => void): void {
    this.#peer?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const peer = this.#peer;
    this.#release?.();
    // Closing is never synchronous for the other side: it must first read what it was sent. The immediate is not
    // unref'ed, since the loop would then sleep over it.
    if (peer && !peer.destroyed && !peer.readableEnded) setImmediate(() => peer.push(null));
    done(error);
  }

  #accept(chunk: Buffer, done: () => void): void {
    // In the next turn, as bytes on a wire: a reply never arrives inside the write that asked for it.
    queueMicrotask(() => {
      if (this.destroyed || this.readableEnded || this.push(chunk)) done();
      else this.#release = done;
    });
  }
}

/** Two joined streams. Destroying one ends the other after it has read what was written. */
export function createMemoryPair(): [ByteStream, ByteStream] {
  const left = new MemoryStream();
  const right = new MemoryStream();
  left.join(right);
  right.join(left);
  return [left, right];
}
