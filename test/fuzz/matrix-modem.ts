/** A modem in any of the configurations of the matrix (reliability.md F7): how it echoes, ends lines, and refuses. */
import type { Duplex } from 'node:stream';

export interface Configuration {
  /** `stuck`: ATE0 is taken, and changes nothing. */
  readonly echo: 'off' | 'on' | 'stuck';
  /** What stands before and behind each line that it says. */
  readonly eol: '\r\n' | '\r' | '\n';
  /** ATV when it is found. */
  readonly verbose: boolean;
  /** What +CMEE is, whatever it is told. */
  readonly errors: 0 | 1 | 2;
}

const REFUSALS = ['ERROR', '+CME ERROR: 4', '+CME ERROR: operation not supported'] as const;

/** Says OK to what it does not know. `{` and `}` stand for raw data. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  '+CEREG?': ['+CEREG: 5', '+CEREG: 1,5', 'OK'],
  '+CGMM': ['+CREG: 1', 'GM02S', 'OK'],
  '+TWO?': ['+TWO: 1,"a,b"', '+CEREG: 2', '+TWO: 2,"> "', 'OK'],
  '+NO': ['REFUSED'],
  '+UNKNOWN': ['SOMETHING', '+STRANGE: 1', 'OK'],
  '+DATA?': ['+DATA: 8', 'DATA', 'OK'],
};

export const DATA = 'OK\r\n\n> x';

export class MatrixModem {
  readonly payloads: string[] = [];
  readonly #stream: Duplex;
  readonly #configuration: Configuration;
  #echo: boolean;
  #verbose: boolean;
  #register = '014';
  #typed = '';
  #payloadBytes = 0;

  constructor(stream: Duplex, configuration: Configuration) {
    this.#stream = stream;
    this.#configuration = configuration;
    this.#echo = configuration.echo !== 'off';
    this.#verbose = configuration.verbose;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1')));
  }

  #hear(text: string): void {
    for (const char of text) {
      this.#typed += char;
      if (this.#payloadBytes > 0) {
        if (this.#typed.length < this.#payloadBytes) continue;
        this.payloads.push(this.#typed);
        this.#payloadBytes = 0;
        this.#typed = '';
        this.#say('+CEREG: 3', 'OK');
      } else if (char === '\r') {
        const line = this.#typed.replace(/^\x1b*/, '');
        this.#typed = '';
        if (this.#echo) this.#raw(line);
        if (/^AT/.test(line)) this.#execute(line.slice(2, -1));
      }
    }
  }

  #execute(line: string): void {
    if (/V1/.test(line)) this.#verbose = true;
    if (/E0/.test(line) && this.#configuration.echo === 'on') this.#echo = false;
    const [, , nonce] = /^(S10\?)?S10=(\d+)/.exec(line) ?? [];
    if (nonce !== undefined) {
      const before = this.#register;
      this.#register = nonce.padStart(3, '0');
      this.#say(...(line.startsWith('S10?') ? [before, this.#register] : []), 'OK');
      return;
    }
    const [, bytes] = /^\+SEND=(\d+)$/.exec(line) ?? [];
    if (bytes !== undefined) {
      this.#payloadBytes = Number(bytes);
      this.#say('+CEREG: 4');
      this.#raw(`${this.#configuration.eol}> `);
      return;
    }
    this.#say(...(ANSWERS[line] ?? ['OK']));
  }

  #say(...lines: readonly string[]): void {
    const { eol, errors } = this.#configuration;
    for (const line of lines) {
      if (line === 'DATA') this.#raw(`${DATA}${eol}`);
      else if (line === 'OK' && !this.#verbose) this.#raw('0\r');
      else this.#raw(`${eol}${line === 'REFUSED' ? REFUSALS[errors] : line}${eol}`);
    }
  }

  #raw(text: string): void {
    this.#stream.write(text, 'latin1');
  }
}
