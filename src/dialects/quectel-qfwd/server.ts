/** A listening socket of the modem, whatever its protocol: opened, watched for callers that no URC told of, closed. */
import { randomInt } from 'node:crypto';
import type { Command } from '../../at/command.ts';
import type { Endpoint, Family } from '../../driver/port.ts';
import type { Polled } from '../../driver/safety-poll.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure } from '../../threegpp/failures.ts';
import { ignoreRefusal } from '../../threegpp/network.ts';
import * as qfwd from './commands.ts';
import { anywhere, type QfwdContext } from './context.ts';
import { openSocket } from './opening.ts';
import { isRefused, nameOf, Socket } from './socket.ts';

/** The modem cannot choose a port number: the dynamic range (RFC 6335). */
const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_TRIES = 3;

export interface ServerHandlers {
  /** Somebody called: the modem has accepted it already, under this id. */
  joined(id: number, remote: Endpoint, local: Endpoint): void;
  /** Firmware that makes no socket for each sender: data for all of them wait here. */
  readable?(): void;
  /** The modem listens no more. */
  gone(): void;
}

export class Server implements Polled {
  readonly local: Endpoint;
  readonly socket: Socket;
  lookedAt = performance.now();
  readonly #context: QfwdContext;
  readonly #protocol: qfwd.Protocol;
  readonly #handlers: ServerHandlers;
  #open = true;

  private constructor(
    context: QfwdContext,
    protocol: qfwd.Protocol,
    local: Endpoint,
    handlers: ServerHandlers,
  ) {
    this.#context = context;
    this.#protocol = protocol;
    this.#handlers = handlers;
    this.local = local;
    this.socket = new Socket(context, nameOf(protocol, local), {
      joined: (id, remote) => this.#joined(id, remote),
      readable: () => handlers.readable?.(),
    });
  }

  /** @param port 0: any. @throws SocketFailure EADDRINUSE, EMFILE … */
  static async open(
    context: QfwdContext,
    protocol: qfwd.Protocol,
    { family, port }: { readonly family: Family; readonly port: number },
    handlers: ServerHandlers,
  ): Promise<Server> {
    for (let tries = 1; ; tries++) {
      const local = anywhere(family, port || randomInt(FIRST_DYNAMIC_PORT, 65_536));
      const server = new Server(context, protocol, local, handlers);
      try {
        await server.#start();
        context.poll.add(server);
        return server;
      } catch (cause) {
        await server.close();
        const taken = cause instanceof SocketFailure && cause.code === 'EADDRINUSE';
        if (!taken || port !== 0 || tries === DYNAMIC_TRIES) throw cause;
      }
    }
  }

  /** Whom it has accepted stays. */
  async close(): Promise<void> {
    this.#open = false;
    this.#context.poll.delete(this);
    await this.socket.close();
  }

  /** Called by the poll. */
  async check(): Promise<void> {
    const { id } = this.socket;
    const read = (name: Parameters<typeof qfwd.readAccepted>[0]) => qfwd.readAccepted(name, id);
    const accepted = await this.#context.named('state', read).catch(ignoreRefusal);
    this.lookedAt = performance.now();
    if (accepted) {
      for (const { id, remote } of accepted) if (!this.#context.table.holder(id)) this.#joined(id, remote);
    } else if (this.#open && !(await this.socket.isListed())) {
      this.#handlers.gone();
    }
  }

  /** Whether accepted sockets have the URC port of their server is not known (3.8): asked of the first. */
  async #claimUrcs(id: number): Promise<void> {
    const { capabilities, namedUrcPort } = this.#context;
    const run = <T>(command: Command<T>): Promise<T | undefined> =>
      this.#context.run(command).catch(() => undefined);
    if (capabilities.get('acceptedPort') === undefined) {
      const port = await run(qfwd.readUrcPort(id));
      if (port !== undefined) capabilities.learn('acceptedPort', port === namedUrcPort ? 'inherited' : 'own');
    }
    if (capabilities.get('acceptedPort') === 'own') await run(qfwd.writeUrcPort(id, namedUrcPort));
  }

  /** The modem says only "no", in either of two ways; most often the port number is taken. */
  async #start(): Promise<void> {
    let cause: unknown;
    try {
      const result = await openSocket(this.#context, this.socket, {
        kind: 'server',
        protocol: this.#protocol,
        place: this.local,
      });
      if (result === 0) return;
      cause = new Error(`the modem reports result ${result}`);
    } catch (error) {
      if (!isRefused(error)) throw failure(error, 'EADDRINUSE');
      cause = error;
    }
    const { family, port } = this.local;
    const taken = new SocketFailure('EADDRINUSE', `local port ${port} is taken`, { cause });
    throw (await this.#context.noNetwork(family)) ?? taken;
  }

  #joined(id: number, remote: Endpoint | undefined): void {
    // The poll may have been quicker than the URC. Who has hung up and calls again is somebody new.
    const holder = this.#context.table.holder(id);
    if (remote && !holder?.hungUp && holder?.use === nameOf(this.#protocol, remote)) return;
    if (this.#open && remote) {
      // The URC gives the wildcard, where the server listens (3.3).
      const address = this.#context.ownAddress(remote.family);
      this.#handlers.joined(id, remote, { ...remote, address, port: this.local.port });
      void this.#claimUrcs(id);
    } else {
      // Nobody could tell who that is.
      void this.#context.discard(id);
    }
  }
}
