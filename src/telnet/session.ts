/** What is between a telnet client and plain command lines: options, ends of lines and, in character mode, the editor. */
import { KeyReader } from './keys.ts';
import { LineEditor } from './line-editor.ts';
import { LineEndReader, LineEndWriter } from './line-ends.ts';
import { TelnetOptions } from './options.ts';
import { TelnetParser } from './parser.ts';
import { formatVerb, OPTION, type Verb } from './protocol.ts';

export interface TelnetSessionEvents {
  /** What the client says, freed of telnet; a line ends with CR. */
  input(bytes: Buffer): void;
  /** For the client's terminal, as it goes on the wire. */
  output(bytes: Buffer): void;
}

/** A client sends each character by itself, and shows nothing of it, where both are on (RFC 857, 858). */
const CHARACTER_MODE: readonly number[] = [OPTION.echo, OPTION.suppressGoAhead];

/** What the key sends, and what 27.005 §3.5.1 has the modem understand in a message's text. */
const DEL = 0x7f;
const BACKSPACE = 0x08;

export class TelnetSession {
  readonly #events: TelnetSessionEvents;
  readonly #parser = new TelnetParser({
    data: bytes => this.#hear(this.#lineEnds.read(bytes)),
    option: (verb, option) => this.#negotiate(verb, option),
    // None of the options that have one is agreed to.
    subnegotiation: () => {},
  });
  readonly #options = new TelnetOptions({
    ours: CHARACTER_MODE,
    theirs: [OPTION.suppressGoAhead],
    send: (verb, option) => this.#events.output(formatVerb(verb, option)),
  });
  readonly #lineEnds = new LineEndReader();
  readonly #writer = new LineEndWriter();
  readonly #editor = new LineEditor({
    show: text => this.#show(text),
    enter: line => this.#events.input(Buffer.from(`${line}\r`, 'latin1')),
  });
  #keys = new KeyReader();
  #atPrompt = false;
  #offered = false;

  constructor(events: TelnetSessionEvents) {
    this.#events = events;
  }

  receive(chunk: Buffer): void {
    this.#parser.feed(chunk);
  }

  /** Plain bytes for the client. A line that is being typed goes on behind them. */
  send(bytes: Buffer): void {
    this.#editor.interrupt(bytes.toString('latin1'));
  }

  /** Once, or a client that refuses and asks again would be answered for ever. */
  offerCharacterMode(): void {
    if (this.#offered) return;
    this.#offered = true;
    for (const each of CHARACTER_MODE) this.#options.ask('ours', each);
  }

  set atPrompt(open: boolean) {
    this.#atPrompt = open;
    this.#keys = new KeyReader();
    // Typed before the prompt came, and shown behind it by now.
    if (open) this.#giveUpLine();
  }

  get #inCharacterMode(): boolean {
    return CHARACTER_MODE.every(option => this.#options.isOn('ours', option));
  }

  #negotiate(verb: Verb, option: number): void {
    this.#options.receive(verb, option);
    // A client that asks for one of them wants to edit here, but half of it is of no use: Debian's asks for one alone.
    if (verb === 'do' && CHARACTER_MODE.includes(option)) this.offerCharacterMode();
    if (!this.#inCharacterMode) this.#giveUpLine();
  }

  #hear(bytes: Buffer): void {
    if (!this.#inCharacterMode) this.#events.input(bytes);
    else for (const byte of bytes) this.#press(byte);
  }

  #press(byte: number): void {
    if (this.#atPrompt) {
      this.#show(echoOfPayload(byte));
      this.#events.input(Buffer.from([byte === DEL ? BACKSPACE : byte]));
    } else {
      const key = this.#keys.read(byte);
      if (key) this.#editor.press(key);
    }
  }

  /** It becomes part of what comes next. */
  #giveUpLine(): void {
    const text = this.#editor.take();
    if (text !== '') this.#events.input(Buffer.from(text, 'latin1'));
  }

  #show(text: string): void {
    if (text !== '') this.#events.output(this.#writer.write(text));
  }
}

/** Ends of lines are shown by the modem, with its next prompt. */
function echoOfPayload(byte: number): string {
  if (byte === DEL || byte === BACKSPACE) return '\b \b';
  return byte < 0x20 ? '' : String.fromCharCode(byte);
}
