/** The modem's end of a line, played by the test: waits for exact bytes with a deadline, and says things. */
import type { Duplex } from 'node:stream';

const DEADLINE_MS = 5_000;

export class FarEnd {
  readonly #stream: Duplex;
  #heard = '';
  #wake = (): void => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1');
      this.#wake();
    });
  }

  /** Everything heard that no `hear` has taken yet. */
  get unheard(): string {
    return this.#heard;
  }

  /** Takes exactly this text, which must come next. */
  async hear(text: string): Promise<void> {
    await this.#until(() => this.#heard.length >= text.length || !text.startsWith(this.#heard), text);
    if (!this.#heard.startsWith(text)) {
      throw new Error(`expected ${JSON.stringify(text)}, heard ${JSON.stringify(this.#heard)}`);
    }
    this.#heard = this.#heard.slice(text.length);
  }

  /** Takes everything up to the next CR and gives it back. */
  async hearLine(): Promise<string> {
    await this.#until(() => this.#heard.includes('\r'), 'a line');
    const end = this.#heard.indexOf('\r');
    const line = this.#heard.slice(0, end);
    this.#heard = this.#heard.slice(end + 1);
    return line;
  }

  /** `> AT` and the answer, each line framed as modems do. */
  async answer(line: string, ...lines: string[]): Promise<void> {
    await this.hear(`AT${line}\r`);
    this.say(...lines);
  }

  say(...lines: string[]): void {
    this.raw(lines.map(line => `\r\n${line}\r\n`).join(''));
  }

  raw(text: string): void {
    this.#stream.write(text, 'latin1');
  }

  hangUp(): void {
    this.#stream.destroy();
  }

  /** Answers the probe of a fence, by S-register or by question. */
  async answerProbe(): Promise<void> {
    const line = await this.hearLine();
    const nonce = /S10=(\d+)S10\?$/.exec(line)?.[1];
    if (nonce) {
      this.say('000', nonce.padStart(3, '0'), 'OK');
      await this.answer('S10=0', 'OK');
    } else {
      this.say(...[...line.matchAll(/(\+\w+)\?/g)].map(([, query]) => `${query}: 0`), 'OK');
    }
  }

  #until(done: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!done()) return;
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(
        () =>
          reject(new Error(`waited for ${JSON.stringify(what)}, heard only ${JSON.stringify(this.#heard)}`)),
        DEADLINE_MS,
      );
      this.#wake = check;
      check();
    });
  }
}
