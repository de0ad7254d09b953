/** What a client types, read as it is wanted: lines, and the bytes behind a prompt. */
import type { Duplex } from 'node:stream';

const NUL = 0;
const BACKSPACE = 8;
const LF = 10;
const CR = 13;
const CTRL_Z = 26;
const ESC = 27;
const SLASH = 47;
const DELETE = 127;

const LONGEST_LINE = 4096;
/** More of a text than any modem takes: 255 parts of a long message in hex. */
const LONGEST_TEXT = 128 * 1024;
/** Beyond this the client has to wait, and its computer with it (reliability.md S8). */
const MOST_WAITING = 16 * 1024;

/** A/ has no terminator (V.250 5.2.4). */
const REPEAT = /^a\/$/i;

/** `cancelled`: ended by ESC. `late`: nothing has come for too long. */
export type Payload = Buffer | 'cancelled' | 'late';

function edited(line: string, byte: number): string {
  if (byte === BACKSPACE || byte === DELETE) return line.slice(0, -1);
  const isText = byte !== CR && byte !== LF && byte !== NUL && byte !== ESC;
  return isText ? line + String.fromCharCode(byte) : line;
}

/** Bytes in, one question at a time out. Each resolves with undefined when the client is gone, or has said all. */
export class LineReader {
  readonly #stream: Duplex;
  #waiting: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake = (): void => {};
  /** The last line ended with CR, so that a LF or NUL is the rest of its end. */
  #afterCr = false;
  /** This client ends its lines with CR LF. */
  #sendsCrLf = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
      if (this.#waiting.length > MOST_WAITING) stream.pause();
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    stream.on('end', end).on('close', end);
  }

  /** A line without its end; `too long` for one that is. Empty lines vanish, ESC and NUL too. */
  async line(): Promise<string | 'too long' | undefined> {
    let line = '';
    for (;;) {
      const byte = await this.#byte();
      if (byte === undefined) return undefined;
      const endsCrLf = this.#afterCr && byte === LF;
      this.#afterCr = byte === CR;
      if (endsCrLf) this.#sendsCrLf = true;
      // One that was too long stays so: what was left out of it cannot be mended.
      else if (line.length <= LONGEST_LINE) line = edited(line, byte);
      const ended = byte === CR || byte === LF || (byte === SLASH && REPEAT.test(line));
      if (ended && line.length > LONGEST_LINE) return 'too long';
      if (ended && line !== '') return line;
    }
  }

  /** So many bytes as they are. */
  counted(length: number, patienceMs: number): Promise<Payload | undefined> {
    // The other half of CR LF may come late; else it would be the first byte.
    this.#afterCr &&= this.#sendsCrLf || this.#waiting[0] === LF;
    return this.#collect(() => (this.#waiting.length < length ? undefined : this.#take(length)), patienceMs);
  }

  /** Up to and with Ctrl-Z. */
  text(patienceMs: number): Promise<Payload | undefined> {
    let looked = 0;
    let tooLong = false;
    return this.#collect(() => {
      for (; looked < this.#waiting.length; looked++) {
        const byte = this.#waiting[looked];
        if (byte !== CTRL_Z && byte !== ESC) continue;
        const text = this.#take(looked + 1);
        return byte === ESC || tooLong ? 'cancelled' : text;
      }
      if (looked > LONGEST_TEXT) {
        tooLong = true;
        looked = 0;
        this.#waiting = Buffer.alloc(0);
      }
      return undefined;
    }, patienceMs);
  }

  async #collect(complete: () => Payload | undefined, patienceMs: number): Promise<Payload | undefined> {
    for (;;) {
      if (this.#afterCr && this.#waiting.length > 0) {
        if (this.#waiting[0] === LF) this.#take(1);
        this.#afterCr = false;
      }
      const payload = complete();
      if (payload) return payload;
      const more = await this.#more(patienceMs);
      if (more === 'late') this.#waiting = Buffer.alloc(0);
      if (more !== true) return more;
    }
  }

  async #byte(): Promise<number | undefined> {
    while (this.#waiting.length === 0) if (!(await this.#more())) return undefined;
    return this.#take(1)[0];
  }

  #take(length: number): Buffer {
    const taken = this.#waiting.subarray(0, length);
    this.#waiting = this.#waiting.subarray(length);
    return taken;
  }

  /** undefined: nothing more comes. */
  async #more(patienceMs?: number): Promise<true | 'late' | undefined> {
    if (this.#ended) return undefined;
    this.#stream.resume();
    return new Promise(resolve => {
      const late = patienceMs && setTimeout(resolve, patienceMs, 'late');
      this.#wake = () => {
        clearTimeout(late);
        resolve(true);
      };
    });
  }
}
