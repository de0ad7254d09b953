/** What passes on a line, chunk by chunk → steps of a dialogue (architecture 7.1), secrets removed. */
import { quote } from '../util/quote.ts';
import { hideLetter, Letters } from './letters.ts';
import { redact, redactUnfinished } from './redact.ts';

/** Longer than any line of a modem (architecture 4.1): noise at a wrong baud rate, or not a modem at all. */
const LINE_LIMIT = 4096;

/** One line of the DCE with the CR LF before it, or a line end alone. The last CR waits: an LF may follow it. */
const DCE_STEP = /^(?:(?:\r\n)?[^\r\n]+(?:\r?\n|\r(?!\n|$))|\r\n(?=[\r\n])|\n|\r(?!\n|$))/;
/** What the DTE may react to although more could follow: a CR, an empty line, a prompt. */
const DCE_PAUSE = /\r$|^\r\n$|^(?:\r\n)?> ?$/;
const PROMPT = /^(?:\r\n)?> ?$/;
const COMMAND_START = /^[\0- ]*A(?:T|$)/i;

/**
 * A step is written when it is whole, also while the other side speaks (an echo), so that no secret escapes in
 * parts. Only payload, which has no end of its own, is written as it comes; and it is written as it is, unless it is a short
 * message.
 */
export class TraceWriter {
  readonly #write: (line: string) => void;
  #dte = '';
  #dce = '';
  /** From a prompt until the DCE says something else, what the DTE writes is payload. */
  #prompted = false;
  readonly #letters = new Letters();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  sent(chunk: Buffer): void {
    if (DCE_PAUSE.test(this.#dce)) this.#flushDce();
    this.#dte += chunk.toString('latin1');
    if (this.#prompted) this.#flushDte(this.#payloadShown());
    for (let end = this.#dte.indexOf('\r'); end >= 0; end = this.#dte.indexOf('\r')) {
      const line = redact(this.#dte.slice(0, end));
      this.#dte = this.#dte.slice(end + 1);
      this.#letters.command(line);
      if (line === '') this.#step('>>', '\r');
      else this.#step('>', line);
    }
    if (this.#dte.length > LINE_LIMIT) this.#flushDte(redactUnfinished);
  }

  received(chunk: Buffer): void {
    this.#dce += chunk.toString('latin1');
    for (let step = DCE_STEP.exec(this.#dce); step; step = DCE_STEP.exec(this.#dce)) {
      this.#dce = this.#dce.slice(step[0].length);
      this.#said(this.#heard(step[0]));
    }
    if (PROMPT.test(this.#dce)) this.#prompted = true;
    if (this.#dce.length > LINE_LIMIT) this.#flushDce(redactUnfinished);
  }

  /** Writes what never became whole, and that the DCE hung up, if it did. */
  closed(lost: boolean): void {
    this.#flushDte(redactUnfinished);
    this.#flushDce(DCE_PAUSE.test(this.#dce) ? redact : redactUnfinished);
    if (lost) this.#write('!');
  }

  #said(text: string): void {
    // Bytes that are no command line (ESC, payload) end when the DCE answers.
    if (!COMMAND_START.test(this.#dte)) this.#flushDte(this.#letters.sends ? hideLetter : redact);
    this.#prompted = PROMPT.test(text);
    const line = /^\r\n([^\r\n]+)\r\n$/.exec(text)?.[1];
    if (line === undefined) this.#step('<<', text);
    else this.#step('<', line);
  }

  #heard(text: string, shown = redact): string {
    return this.#letters.hear(text) ? hideLetter(text) : shown(text);
  }

  #payloadShown(): (text: string) => string {
    if (this.#letters.sends) return hideLetter;
    return COMMAND_START.test(this.#dte) ? redact : unchanged;
  }

  #flushDte(shown: (text: string) => string): void {
    const text = this.#dte;
    this.#dte = '';
    if (text !== '') this.#step('>>', shown(text));
  }

  #flushDce(shown = redact): void {
    const text = this.#dce;
    this.#dce = '';
    if (text !== '') this.#said(this.#heard(text, shown));
  }

  #step(mark: '>' | '>>' | '<' | '<<', text: string): void {
    this.#write(`${mark.padEnd(2)} ${quote(Buffer.from(text, 'latin1'))}`);
  }
}

function unchanged(text: string): string {
  return text;
}
