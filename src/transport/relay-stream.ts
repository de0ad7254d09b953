/** A byte stream around another one, with a say in what passes: the ground of the decorators. */
import { Duplex } from 'node:stream';
import type { ByteStream, LineControl, Recognise, TransportDecorator } from './transport.ts';

/** The pieces in which a chunk goes on: all of its bytes, in their order. */
export type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

export interface RelayHooks {
  /** Called when the DTE writes, before the inner stream gets it. */
  sent(chunk: Buffer): Pieces;
  /** Called when the inner stream gives something, before the DTE can react to it. */
  received(chunk: Buffer): Pieces;
  /** Called once, after everything else. Lost: it was not the DTE who ended it. */
  closed?(lost: boolean): void;
  /** What it means that the inner stream is over. Undefined: what it says itself. */
  verdict?(): Error | undefined;
  /** In place of that of the inner stream. */
  readonly lineControl?: LineControl;
}

/** Wraps each stream of a transport; every stream gets hooks of its own, which may write to the inner one. */
export function relayed(createHooks: (inner: ByteStream) => RelayHooks): TransportDecorator {
  return transport => ({
    ...transport,
    open: async signal => {
      const inner = await transport.open(signal);
      return new RelayStream(inner, createHooks(inner));
    },
  });
}

class RelayStream extends Duplex implements ByteStream {
  declare readonly lineControl?: LineControl;
  declare readonly recognise?: Recognise;
  readonly #inner: ByteStream;
  readonly #hooks: RelayHooks;
  /** Chunks are delivered one after the other, and the end after them. */
  #deliveries: Promise<void> = Promise.resolve();
  #delivering = false;
  /** Wakes the delivery that waits until the reader has room. */
  #room: (() => void) | undefined;
  /** The inner stream has ended: nobody asks for more, what is under way still goes out. */
  #ended = false;
  #told = false;

  constructor(inner: ByteStream, hooks: RelayHooks) {
    super({ allowHalfOpen: inner.allowHalfOpen });
    this.#inner = inner;
    this.#hooks = hooks;
    const lineControl = hooks.lineControl ?? inner.lineControl;
    if (lineControl) this.lineControl = lineControl;
    if (inner.recognise) this.recognise = inner.recognise;
    inner.pause();
    inner.on('data', (chunk: Buffer) => this.#pass(chunk));
    inner.on('end', () => this.#finish(() => this.#end()));
    inner.on('error', error => this.#finish(() => this.destroy(hooks.verdict?.() ?? error)));
    inner.on('close', () => this.#finish(() => this.destroy()));
  }

  override _read(): void {
    const room = this.#room;
    this.#room = undefined;
    if (room) room();
    else if (!this.#delivering) this.#inner.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(this.#hooks.sent(chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    // An inner stream that lost its other direction has ended this one by itself.
    if (this.#inner.writableEnded) done();
    else this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#room?.();
    this.#tell(false);
    if (this.#inner.closed) done(error);
    else this.#inner.once('close', () => done(error)).destroy();
  }

  async #send(pieces: Pieces): Promise<void> {
    for await (const piece of pieces) {
      await new Promise<void>((resolve, reject) => {
        this.#inner.write(piece, error => (error ? reject(error) : resolve()));
      });
    }
  }

  #pass(chunk: Buffer): void {
    this.#inner.pause();
    this.#delivering = true;
    this.#after(async () => {
      await this.#deliver(this.#hooks.received(chunk));
      this.#delivering = false;
      this.#inner.resume();
    });
  }

  async #deliver(pieces: Pieces): Promise<void> {
    for await (const piece of pieces) {
      if (this.destroyed) return;
      if (this.push(piece) || this.#ended) continue;
      await new Promise<void>(resolve => {
        this.#room = resolve;
      });
    }
  }

  #finish(last: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#room?.();
    this.#after(async () => {
      this.#tell(true);
      last();
    });
  }

  #end(): void {
    const error = this.#hooks.verdict?.();
    if (error) this.destroy(error);
    else this.push(null);
  }

  #tell(lost: boolean): void {
    if (!this.#told) this.#hooks.closed?.(lost);
    this.#told = true;
  }

  #after(step: () => Promise<void>): void {
    this.#deliveries = this.#deliveries.then(step).catch((error: Error) => void this.destroy(error));
  }
}
