/** The line as each client sees it: echo, form of results and registers are its own; the modem's stay as they are (reliability.md S4). */
import type { Call } from '../at/command-line.ts';
import type { AtErrorKind } from '../at/result-code.ts';

/** V.250 5.7.1 */
const NUMBERS: Readonly<Record<string, number>> = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  'NO CARRIER': 3,
  ERROR: 4,
  'NO DIALTONE': 6,
  BUSY: 7,
  'NO ANSWER': 8,
};

/** Characters that end, answer and edit a line (V.250 6.2): nobody changes those. */
const CHARACTERS: Readonly<Record<string, string>> = { S3: '13', S4: '10', S5: '8' };

const SWITCHES: Readonly<Record<string, readonly string[]>> = {
  E: ['', '0', '1'],
  Q: ['', '0', '1'],
  V: ['', '0', '1'],
};

/** What a command was answered: lines, or a refusal. */
export type LocalAnswer = { readonly info: readonly string[] } | 'refused';

const done: LocalAnswer = { info: [] };

export class LineSettings {
  #echo = false;
  #quiet = false;
  #verbose = true;
  #errors = 0;
  readonly #registers = new Map(Object.entries(CHARACTERS));

  get echo(): boolean {
    return this.#echo;
  }

  /** undefined: not a matter of the line. */
  perform(call: Call): LocalAnswer | undefined {
    const { name, form, text } = call;
    if (/^S\d/.test(name)) return this.#register(call);
    if (name === '+CMEE') return this.#errorMode(form, text);
    const values = SWITCHES[name];
    if (!values) return undefined;
    if (!values.includes(text)) return 'refused';
    const on = text === '1';
    if (name === 'E') this.#echo = on;
    else if (name === 'Q') this.#quiet = on;
    else this.#verbose = on;
    return done;
  }

  info(text: string): string {
    return this.#verbose ? `\r\n${text}\r\n` : `${text}\r\n`;
  }

  result(text: string): string {
    if (this.#quiet) return '';
    const number = NUMBERS[text];
    if (this.#verbose || number === undefined) return this.info(text);
    return `${number}\r`;
  }

  /** A refusal in the words that this client has chosen. */
  refusal(kind: AtErrorKind, value: string): string {
    if (kind === 'cms') return this.result(`+CMS ERROR: ${value}`);
    if (kind === 'cme') return this.result(this.#errors === 0 ? 'ERROR' : `+CME ERROR: ${value}`);
    return this.result(kind === 'other' ? value : 'ERROR');
  }

  #register({ name, form, text }: Call): LocalAnswer {
    if (form === 'read') return { info: [(this.#registers.get(name) ?? '0').padStart(3, '0')] };
    const value = String(Number(text));
    if (Number(value) > 255 || (Object.hasOwn(CHARACTERS, name) && CHARACTERS[name] !== value))
      return 'refused';
    this.#registers.set(name, value);
    return done;
  }

  #errorMode(form: Call['form'], text: string): LocalAnswer {
    if (form === 'read') return { info: [`+CMEE: ${this.#errors}`] };
    if (form === 'test') return { info: ['+CMEE: (0-2)'] };
    if (form !== 'set' || !/^[0-2]$/.test(text)) return 'refused';
    this.#errors = Number(text);
    return done;
  }
}
