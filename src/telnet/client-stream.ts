/** A client's connection as plain bytes, whether it speaks telnet or not. */
import { Duplex } from 'node:stream';
import { IAC } from './protocol.ts';
import { TelnetSession } from './session.ts';

export interface ClientStreamOptions {
  /** For people: shown to a client once it is known to speak telnet. */
  readonly greeting?: string;
}

/** A key may have a whole line painted again: so many are taken before a look whether the client reads what it is shown. */
const BYTES_AT_ONCE = 16;

/**
 * A client whose first byte is IAC speaks telnet: nothing of that is seen here, and its lines end with CR. Any other
 * client's bytes pass unchanged, both ways.
 */
export class ClientStream extends Duplex {
  readonly #socket: Duplex;
  readonly #greeting: string;
  /** Undefined: nothing has come yet. */
  #kind: 'telnet' | 'raw' | undefined;
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

  /**
   * To be set when a prompt has been written, and reset when its payload is complete: between, a telnet client in
   * character mode does not edit a command line, and Ctrl-Z and ESC are passed on.
   */
  set atPrompt(open: boolean) {
    this.#session.atPrompt = open;
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
    const isFirst = !this.#kind;
    this.#kind ??= chunk[0] === IAC ? 'telnet' : 'raw';
    if (this.speaksTelnet) this.#receiveTelnet(chunk);
    else this.#pass(chunk);
    // Behind what was agreed on: who types at once when he sees it is not heard by a terminal that changes its mode.
    if (isFirst && this.speaksTelnet) this.#session.send(Buffer.from(this.#greeting));
    this.#flow();
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
