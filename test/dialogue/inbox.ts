/** The inbox of a stream: what the other side said and nobody has compared yet. */
import type { Duplex } from 'node:stream';

export class Inbox {
  /** In order. */
  heard = Buffer.alloc(0);
  /** Whole lines that came before their step. */
  early = Buffer.alloc(0);
  ended = false;
  #wake = (): void => {};

  constructor(stream: Duplex) {
    stream.on('data', (chunk: Buffer) => {
      this.heard = Buffer.concat([this.heard, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      stream.on(event, () => {
        this.ended = true;
        this.#wake();
      });
    }
  }

  /** Resolves when more was heard, or the stream has ended. One caller at a time. */
  more(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  /** Moves a line of one of these names out of the way, if one comes next; 'more' if that cannot be said yet. */
  setAside(names: readonly string[]): boolean | 'more' {
    const [text, name = '', rest] =
      /^\r\n(\+[^:\r\n]*)([^\r\n]*\r\n)?/.exec(this.heard.toString('latin1')) ?? [];
    if (text === undefined) return false;
    if (rest === undefined) return names.some(known => known.startsWith(name)) && 'more';
    if (!names.includes(name)) return false;
    this.early = Buffer.concat([this.early, this.heard.subarray(0, text.length)]);
    this.heard = this.heard.subarray(text.length);
    return true;
  }
}
