/** One connection id of the modem, whatever runs over it: reserved, configured, opened, watched, closed. */
import { AtError } from '../../at/at-error.ts';
import type { Command } from '../../at/command.ts';
import type { Slot } from '../../driver/connection-table.ts';
import type { Polled } from '../../driver/safety-poll.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { isLineLost } from '../../threegpp/failures.ts';
import * as sequans from './commands.ts';
import type { SequansContext, Watched } from './context.ts';

export interface ConnectionHandlers {
  /** Data waits, or came with the ring. */
  ring(data: Buffer | undefined): void;
  /** The modem's own table says that data wait. */
  pending(): unknown;
  /** The modem says that it has closed the connection. May be about an earlier one: ask `status()`. */
  hungUp(): void;
}

export class Connection implements Polled, Watched {
  readonly #context: SequansContext;
  readonly #slot: Slot;
  #open = true;
  /** It was opened by a listening command: some firmware goes on listening when its caller is gone (3.12, 13.13). */
  readonly #listens: boolean;
  readonly #handlers: ConnectionHandlers;
  #lookedAt = performance.now();

  /** Reserves an id before anything is written, so that no ring comes too early. @throws SocketFailure EMFILE */
  constructor(context: SequansContext, use: string, handlers: ConnectionHandlers, listens = false) {
    this.#context = context;
    this.#listens = listens;
    this.#handlers = handlers;
    this.#slot = context.table.reserve(use, {
      ring: (_bytes, data) => {
        this.#lookedAt = performance.now();
        handlers.ring(data);
      },
      closed: () => this.#open && handlers.hungUp(),
    });
  }

  get id(): number {
    return this.#slot.connectionId;
  }

  get open(): boolean {
    return this.#open;
  }

  get lookedAt(): number {
    return this.#lookedAt;
  }

  /**
   * What is asked for after `close()` is not written, since by its turn the id may be another connection's.
   * @param signal takes it out of the queue
   * @throws AtError, SocketFailure ECONNRESET
   */
  async execute<T>(command: Command<T>, signal?: AbortSignal): Promise<T> {
    this.#checkOpen();
    return this.#run(command, signal);
  }

  #checkOpen(): void {
    if (!this.#open) throw new SocketFailure('ECONNRESET', 'the connection is closed');
  }

  async #run<T>(command: Command<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await this.#context.at.execute(command, signal && { signal });
    } catch (error) {
      signal?.throwIfAborted();
      // URCs may have been lost together with the answer.
      if (!isRefused(error)) this.#context.poll.soon();
      throw error;
    }
  }

  /** Called by the poll. */
  check(): Promise<void> {
    return this.#context.look();
  }

  /** A ring or a hang-up may have been lost (sequans.md 5.3.24, 5.4.36). */
  seen(state: number): void {
    this.#lookedAt = performance.now();
    if (state === sequans.PENDING || state === sequans.INCOMING) this.#handlers.pending();
    else if (state === sequans.CLOSED) this.#handlers.hungUp();
  }

  /** Settings, then the command that opens it. On failure the id is given back. @throws AtError, SocketFailure ECONNRESET */
  async start(command: Command, signal?: AbortSignal): Promise<void> {
    try {
      await this.#context.configure(this.id);
      await this.execute(command, signal);
      this.#checkOpen();
      this.#context.watched.add(this);
      this.#context.poll.add(this);
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

  /**
   * Gives the id back. Refused or not answered: it was closed already, or the command was damaged on its way, and the
   * modem's own table tells.
   */
  async close(): Promise<void> {
    if (this.#open) await this.#context.pending.add(this.#close());
  }

  async #close(): Promise<void> {
    this.#leave();
    try {
      const doubtful = await this.#run(sequans.close(this.id)).then(() => false, unlessLost);
      if ((doubtful || this.#listens) && (await this.isUp())) await this.#run(sequans.close(this.id));
    } catch {
      // The line is gone: there is nothing left to do.
    } finally {
      this.#slot.release();
    }
  }

  /** The modem has closed it: nothing to tell it. */
  abandon(): void {
    this.#leave();
    this.#slot.release();
  }

  #leave(): void {
    this.#open = false;
    this.#context.watched.delete(this);
    this.#context.poll.delete(this);
  }
}

function unlessLost(cause: unknown): true {
  if (isLineLost(cause)) throw cause;
  return true;
}

export const isRefused = (cause: unknown): cause is AtError => cause instanceof AtError && cause.refused;

/** Some firmware refuses to read from an empty buffer instead of saying 0 (sequans.md 3.8). */
export function emptyIfRefused(cause: unknown): undefined {
  if (!isRefused(cause)) throw cause;
}
