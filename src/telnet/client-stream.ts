/** A client's connection as plain bytes, whether it speaks telnet or not. */
import { Duplex } from 'node:stream';
import { IAC, OPTION, VERBS } from './protocol.ts';
import { TelnetSession } from './session.ts';

/** What a client is to say next: a command line, or behind a prompt text of any length, or counted data. */
export type Expected = 'line' | 'text' | 'data';

export interface ClientStreamOptions {
  /** For people: shown to a client once it is known to speak telnet. */
  readonly greeting?: string;
}

/** A key may have a whole line painted again: so many are taken before a look whether the client reads what it is shown. */
const BYTES_AT_ONCE = 16;

/** What Debian's telnet makes of Ctrl-C and Ctrl-Z, behind the command of its own for each. */
const TIMING_MARK = Buffer.from([IAC, VERBS.do, OPTION.timingMark]);

/** Ctrl-Z alone would send a message of which the last words are missing. */
const WORDS_LOST =
  '\r\ntelnet has thrown away what stood behind the last Enter. Write it again; Ctrl-Z ends the message, ESC gives it up.\r\n> ';

/**
 * A client whose first byte is IAC speaks telnet: nothing of that is seen here, and its lines end with CR. Any other
 * client's bytes pass unchanged, both ways, until it says what only telnet says: Debian's does not negotiate on ports
 * other than its own.
 */
export class ClientStream extends Duplex {
  readonly #socket: Duplex;
  readonly #greeting: string;
  /** Undefined: nothing has come yet. */
  #kind: 'telnet' | 'raw' | undefined;
  #expected: Expected = 'line';
  /** Our reader has room. */
  #wanted = false;
  readonly #session = new TelnetSession({
    input: bytes => this.#pass(bytes),
    // Who has been told goodbye may still be typing.
    output: bytes => void (this.#socket.writable && this.#socket.write(bytes)),
  });

  constructor(socket: Duplex, { greeting = '' }: ClientStreamOptions = {}) {
    super({ allowHalfOpen: socket.allowHalfOpen });
    this.#socket = socket;
    this.#greeting = greeting;
    socket.pause();
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#flow());
    socket.on('end', () => this.push(null));
    socket.on('error', error => this.destroy(error));
    socket.on('close', () => this.#leave());
  }

  get speaksTelnet(): boolean {
    return this.#kind === 'telnet';
  }

  /** While it is no line, nothing that a telnet client types is edited here; and of raw data nothing is taken for telnet. */
  set expects(what: Expected) {
    this.#expected = what;
    this.#session.atPrompt = what !== 'line';
  }

  override _read(): void {
    this.#wanted = true;
    this.#flow();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.speaksTelnet) {
      this.#socket.write(chunk, done);
      return;
    }
    this.#session.send(chunk);
    // Behind all of it, so that who writes waits as long as the client takes.
    this.#socket.write('', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket.writableEnded) done();
    else this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (this.speaksTelnet) this.#receiveTelnet(chunk);
    else this.#recognise(chunk);
    this.#flow();
  }

  #recognise(chunk: Buffer): void {
    const isLate = this.#kind === 'raw';
    const from = isLate ? this.#beginOfTelnet(chunk) : chunk[0] === IAC ? 0 : -1;
    this.#kind = from < 0 ? 'raw' : 'telnet';
    if (from !== 0) this.#pass(from < 0 ? chunk : chunk.subarray(0, from));
    if (from < 0) return;
    if (isLate) this.#session.offerCharacterMode();
    this.#receiveTelnet(chunk.subarray(from));
    // Behind what was agreed on: who types at once when he sees it is not heard by a terminal that changes its mode.
    this.#session.send(Buffer.from(this.#greeting));
    if (isLate && this.#expected === 'text') this.#session.send(Buffer.from(WORDS_LOST));
  }

  #beginOfTelnet(chunk: Buffer): number {
    const at = this.#expected === 'data' ? -1 : chunk.indexOf(TIMING_MARK) - 2;
    return chunk[at] === IAC ? at : -1;
  }

  #receiveTelnet(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += BYTES_AT_ONCE) {
      if (this.#socket.writableNeedDrain) {
        this.#socket.pause();
        this.#socket.unshift(chunk.subarray(at));
        return;
      }
      this.#session.receive(chunk.subarray(at, at + BYTES_AT_ONCE));
    }
  }

  #pass(bytes: Buffer): void {
    if (!this.push(bytes)) this.#wanted = false;
  }

  /** Nothing is taken from a client while our reader is full, nor while it does not read our answers and the echo. */
  #flow(): void {
    if (this.#wanted && !this.#socket.writableNeedDrain) this.#socket.resume();
    else this.#socket.pause();
  }

  /** What it said before it went is still read. */
  #leave(): void {
    if (this.readableLength > 0) this.once('end', () => this.destroy());
    else this.destroy();
  }
}
