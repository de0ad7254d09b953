/** What is typed behind a prompt: of fixed length or up to Ctrl-Z, as it is or in HEX (quectel-qfwd.md 3.5, 27.005 4.3). */
import type { Intake } from './command-set.ts';

export interface SendForm {
  readonly hex: boolean;
  /** Characters to come. undefined: up to Ctrl-Z. */
  readonly length: number | undefined;
  /** The most characters that a payload of variable length may have. */
  readonly most: number;
  /** 0x1A ends and 0x1B cancels in a fixed length too. */
  readonly controls: boolean;
  readonly escCancels: boolean;
}

const BACKSPACE = 0x08;
const CTRL_Z = 0x1a;
const ESC = 0x1b;

export class SendInput implements Intake {
  readonly #form: SendForm;
  #heard: number[] = [];
  #end: 'full' | 'ctrl-z' | 'esc' | undefined;
  #tooLong = false;

  constructor(form: SendForm) {
    this.#form = form;
  }

  get complete(): boolean {
    return this.#end !== undefined;
  }

  get cancelled(): boolean {
    return this.#end === 'esc';
  }

  /** undefined: it was too long, or no HEX. */
  get payload(): Buffer | undefined {
    if (this.#tooLong) return undefined;
    const bytes = Buffer.from(this.#heard);
    if (!this.#form.hex) return bytes;
    const digits = bytes.toString('latin1');
    return /^(?:[\da-f]{2})*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
  }

  feed(bytes: Buffer): number {
    let taken = 0;
    while (taken < bytes.length && !this.complete) this.#feedByte(bytes[taken++] ?? 0);
    return taken;
  }

  #feedByte(byte: number): void {
    const { length, most, controls, escCancels } = this.#form;
    const variable = length === undefined;
    if ((variable || controls) && byte === CTRL_Z) this.#end = 'ctrl-z';
    else if ((variable || controls) && byte === ESC && escCancels) this.#end = 'esc';
    else if (variable && byte === BACKSPACE) this.#heard.pop();
    // What is too much is swallowed up to the end (quectel-qfwd.md 5).
    else if (variable && this.#heard.length === most) this.#tooLong = true;
    else if (this.#heard.push(byte) === length) this.#end = 'full';
  }
}
