/** One connection id of the modem, whatever runs over it: reserved, configured, opened, watched, closed. */
import { AtError } from '../../at/at-error.ts';
import type { Command } from '../../at/command.ts';
import type { Slot } from '../../driver/connection-table.ts';
import * as sequans from './commands.ts';
import type { SequansContext } from './context.ts';

export interface ConnectionHandlers {
  /** Data waits, or came with the ring. */
  ring(data: Buffer | undefined): void;
  /** The modem says that it has closed the connection. May be about an earlier one: ask `status()`. */
  hungUp(): void;
}

export class Connection {
  readonly #context: SequansContext;
  readonly #slot: Slot;
  #open = true;
  /** It was opened by a listening command: some firmware goes on listening when its caller is gone (3.12, 13.13). */
  readonly #listens: boolean;

  /** Reserves an id before anything is written, so that no ring comes too early. @throws SocketFailure EMFILE */
  constructor(context: SequansContext, use: string, handlers: ConnectionHandlers, listens = false) {
    this.#context = context;
    this.#listens = listens;
    this.#slot = context.table.reserve(use, {
      ring: (_bytes, data) => handlers.ring(data),
      closed: () => this.#open && handlers.hungUp(),
    });
  }

  get id(): number {
    return this.#slot.connectionId;
  }

  get open(): boolean {
    return this.#open;
  }

  execute<T>(command: Command<T>): Promise<T> {
    return this.#context.at.execute(command);
  }

  /** Settings, then the command that opens it. On failure the id is given back. @throws AtError */
  async start(command: Command): Promise<void> {
    try {
      await this.#context.configure(this.id);
      await this.execute(command);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** What the modem's own table says. */
  async status(): Promise<sequans.Status | undefined> {
    return (await this.#context.status()).find(({ id }) => id === this.id);
  }

  async isUp(): Promise<boolean> {
    return (await this.status())?.state !== sequans.CLOSED;
  }

  /** Gives the id back. Refused: it was closed already. No answer: the line is being mended or is gone. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.execute(sequans.close(this.id));
      if (this.#listens && (await this.isUp())) await this.execute(sequans.close(this.id));
    } catch {
      // In both cases there is nothing left to do.
    } finally {
      this.#slot.release();
    }
  }

  /** The modem has closed it: nothing to tell it. */
  abandon(): void {
    this.#open = false;
    this.#slot.release();
  }
}

export const isRefused = (cause: unknown): cause is AtError => cause instanceof AtError && cause.refused;

/** Some firmware refuses to read from an empty buffer instead of saying 0 (sequans.md 3.8). */
export function emptyIfRefused(cause: unknown): undefined {
  if (!isRefused(cause)) throw cause;
}
