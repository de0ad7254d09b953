/** A TCP listener: the modem accepts every caller by itself and says who it is. */
import type { Endpoint, ListenerEvents, TcpBinding, TcpListener } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { anywhere, type QfwdContext } from './context.ts';
import { Server } from './server.ts';
import { TcpConnection } from './tcp-connection.ts';

export class QfwdTcpListener implements TcpListener {
  local: Endpoint;
  readonly #context: QfwdContext;
  readonly #events: ListenerEvents;
  /** Callers that came before the owner had the listener. */
  readonly #early: TcpConnection[] = [];
  #server: Server | undefined;

  private constructor(context: QfwdContext, { family, port }: TcpBinding, events: ListenerEvents) {
    this.#context = context;
    this.#events = events;
    this.local = anywhere(family, port);
  }

  /** @throws SocketFailure EADDRINUSE, EMFILE */
  static async open(
    context: QfwdContext,
    binding: TcpBinding,
    events: ListenerEvents,
  ): Promise<QfwdTcpListener> {
    const listener = new QfwdTcpListener(context, binding, events);
    try {
      await listener.#open(binding);
      return listener;
    } catch (error) {
      await listener.close();
      // Nobody will ever hear of them.
      await Promise.all(listener.#early.splice(0).map(connection => connection.close()));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#context.ports.delete(this);
    await this.#server?.close();
  }

  /** The line or the modem is gone. */
  fail(error: SocketFailure | undefined): void {
    this.#context.ports.delete(this);
    this.#events.closed(error);
  }

  async #open(binding: TcpBinding): Promise<void> {
    this.#server = await Server.open(this.#context, 'tcp', binding, {
      joined: (id, remote, local) => this.#joined(TcpConnection.accepted(this.#context, id, remote, local)),
      gone: () => {
        void this.close();
        this.fail(new SocketFailure('ENETDOWN', 'the modem listens no more'));
      },
    });
    this.local = this.#server.local;
    this.#context.add(this);
    setImmediate(() => {
      for (const connection of this.#early.splice(0)) this.#tell(connection);
    });
  }

  #joined(connection: TcpConnection): void {
    if (this.#server && this.#early.length === 0) this.#tell(connection);
    else this.#early.push(connection);
  }

  #tell(connection: TcpConnection): void {
    connection.attach(this.#events.connection(connection));
  }
}
