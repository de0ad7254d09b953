/** How much a connection may send before the modem has to be asked again: one QFWDACK for each buffer's worth (quectel-qfwd.md 3.6). */
import { MAX_BYTES } from './commands.ts';
import type { Socket } from './socket.ts';

export class SendCredit {
  readonly #socket: Socket;
  #room = 0;
  /** Size of the buffer; unknown where the modem does not tell. */
  #size = Number.POSITIVE_INFINITY;
  /** The buffer was full: nothing goes before half of it is free, or every piece would cost a question. */
  #full = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The largest piece that makes sense. */
  get most(): number {
    return Math.max(1, Math.min(MAX_BYTES, this.#size));
  }

  /** Whether there is room for so much. @throws AtError */
  async has(bytes: number): Promise<boolean> {
    if (!this.#full && this.#room >= bytes) return true;
    await this.look();
    const needed = this.#full ? Math.max(bytes, this.#size / 2) : bytes;
    this.#full = this.#room < needed;
    return !this.#full;
  }

  /** Asks; gives back whether the modem tells. Where it does not, its refusals do. @throws AtError */
  async look(): Promise<boolean> {
    const buffers = await this.#socket.buffers();
    const tells = buffers !== undefined && buffers.sendSize > 0;
    this.#room = tells ? buffers.sendRoom : Number.POSITIVE_INFINITY;
    this.#size = tells ? buffers.sendSize : Number.POSITIVE_INFINITY;
    return tells;
  }

  /** After a refusal: whether there is no room for so much; undefined where the modem does not tell. */
  async isFull(bytes: number): Promise<boolean | undefined> {
    const tells = await this.look();
    this.#full = tells && this.#room < bytes;
    return tells ? this.#full : undefined;
  }

  /** Fewer taken than given: the buffer is full, whatever was thought of it. */
  spend(taken: number, given: number): void {
    this.#room = taken < given ? 0 : this.#room - taken;
  }
}
