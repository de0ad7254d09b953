/** A TCP listener: one id waits for one caller and becomes that connection; then another id waits. */
import { randomInt } from 'node:crypto';
import type { Endpoint, ListenerEvents, TcpBinding, TcpListener } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure } from '../../threegpp/failures.ts';
import { isRefused } from './connection.ts';
import type { SequansContext } from './context.ts';
import { TcpConnection } from './tcp-connection.ts';

/** The modem cannot choose a port number: the dynamic range (RFC 6335). */
const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_TRIES = 3;

export class SequansTcpListener implements TcpListener {
  readonly local: Endpoint;
  readonly #context: SequansContext;
  readonly #events: ListenerEvents;
  #waiting: TcpConnection | undefined;
  #closed = false;

  private constructor(context: SequansContext, local: Endpoint, events: ListenerEvents) {
    this.#context = context;
    this.local = local;
    this.#events = events;
  }

  /** @throws SocketFailure EADDRINUSE, EMFILE */
  static async open(
    context: SequansContext,
    { family, port }: TcpBinding,
    events: ListenerEvents,
  ): Promise<TcpListener> {
    for (let tries = 1; ; tries++) {
      const local = {
        address: family === 4 ? '0.0.0.0' : '::',
        port: port || randomInt(FIRST_DYNAMIC_PORT, 65_536),
        family,
      };
      const listener = new SequansTcpListener(context, local, events);
      try {
        await listener.#wait();
        context.ports.add(listener);
        return listener;
      } catch (cause) {
        if (!isRefused(cause)) throw failure(cause, 'ENETDOWN');
        if (port === 0 && tries < DYNAMIC_TRIES) continue;
        const taken = new SocketFailure('EADDRINUSE', `local port ${local.port} is taken`, { cause });
        throw (await context.noNetwork(family, cause)) ?? taken;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#context.ports.delete(this);
    await this.#waiting?.close();
  }

  /** The line or the modem is gone. */
  fail(error: SocketFailure | undefined): void {
    this.#closed = true;
    this.#context.ports.delete(this);
    this.#events.closed(error);
  }

  /** @throws AtError, SocketFailure EMFILE */
  async #wait(): Promise<void> {
    if (this.#context.table.full) await this.#context.peers.makeRoom();
    if (this.#closed) return;
    const waiting = new TcpConnection(this.#context, this.local, true);
    // Already now, so that close() reaches it.
    this.#waiting = waiting;
    await waiting.listen(this.local.port);
    waiting.attach({ readable: () => void this.#accept(waiting), closed: () => {} });
  }

  /** A caller, or the end: a hang-up that is no caller's means that this id listens no more, or costs a new one. */
  async #accept(waiting: TcpConnection): Promise<void> {
    if (this.#waiting !== waiting) return;
    this.#waiting = undefined;
    const accepted = await waiting.accept().catch(() => false);
    if (accepted && !this.#closed) waiting.attach(this.#events.connection(waiting));
    else await waiting.close();
    await this.#waitAgain();
  }

  /** All ids may be taken: the next one that comes free is for callers. */
  async #waitAgain(): Promise<void> {
    while (!this.#closed) {
      try {
        return await this.#wait();
      } catch (error) {
        if (this.#closed) return;
        if (!(error instanceof SocketFailure && error.code === 'EMFILE')) {
          this.fail(
            new SocketFailure('ENETDOWN', `the modem listens no more: ${(error as Error).message}`, {
              cause: error,
            }),
          );
          return;
        }
        await this.#context.table.freed();
      }
    }
  }
}
