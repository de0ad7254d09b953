/** Ends of lines between a telnet client and us, as RFC 854 has them, in whatever pieces they come. */
import { doubleIac } from './protocol.ts';

const NUL = 0;
const LF = 10;
const CR = 13;

/** What a client says: CR NUL, CR LF, CR alone and LF alone all become one CR. */
export class LineEndReader {
  #afterCr = false;

  read(bytes: Buffer): Buffer {
    const read = Buffer.alloc(bytes.length);
    let length = 0;
    for (const byte of bytes) {
      const ended = this.#afterCr && (byte === LF || byte === NUL);
      this.#afterCr = byte === CR;
      if (!ended) read[length++] = byte === LF ? CR : byte;
    }
    return read.subarray(0, length);
  }
}

/** What a client is told: a CR that no LF follows goes with a NUL, and no byte can be taken for a command. */
export class LineEndWriter {
  #afterCr = false;

  /** @param said of bytes, as latin1 */
  write(said: string): Buffer {
    const text = this.#afterCr ? `\r${said}` : said;
    const written = text.replaceAll(/\r(?=[^\n])/g, '\r\0').slice(this.#afterCr ? 1 : 0);
    this.#afterCr = text.endsWith('\r');
    return doubleIac(Buffer.from(written, 'latin1'));
  }
}
