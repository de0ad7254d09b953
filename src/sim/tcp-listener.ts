/** One listening TCP port of the modem on a loopback address. It serves one caller at a time. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Family } from './sim-hosts.ts';
import type { TcpLink } from './tcp-link.ts';

export interface ListenOptions {
  readonly family: Family;
  readonly port: number;
  /** Further callers wait while one is served. Otherwise nobody listens then, and they are refused. */
  readonly callersWait: boolean;
  readonly arrive: (link: TcpLink) => void;
}

export class TcpListener {
  readonly #options: ListenOptions;
  readonly #adopt: (socket: Socket) => TcpLink;
  #server: Server | undefined;
  #callers: TcpLink[] = [];
  #busy = false;

  constructor(options: ListenOptions, adopt: (socket: Socket) => TcpLink) {
    this.#options = options;
    this.#adopt = adopt;
  }

  get localPort(): number {
    return this.#options.port;
  }

  /** Serves the next caller: one that waits, or one to come. @throws Error with EADDRINUSE */
  async next(): Promise<void> {
    this.#busy = false;
    if (!this.#server) await this.#bind();
    setImmediate(() => this.#serveWaiting());
  }

  /** Those who wait are reset, as a kernel does. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const caller of this.#callers.splice(0)) caller.abort();
  }

  #bind(): Promise<void> {
    const { family, port } = this.#options;
    // A caller that is not served is not read either: what it sends waits in the kernel, as before an accept.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket =>
      this.#called(socket),
    );
    this.#server = server.unref();
    return new Promise((resolve, reject) => {
      server.on('error', error => {
        this.close();
        reject(error);
      });
      server.listen({ port, host: family === 4 ? '127.0.0.1' : '::1' }, resolve);
    });
  }

  #called(socket: Socket): void {
    const link = this.#adopt(socket);
    const gone = link.peer.address === '';
    if (!gone && !this.#busy) this.#serve(link);
    else if (!gone && this.#options.callersWait) this.#callers.push(link);
    else link.abort();
  }

  #serveWaiting(): void {
    const waiting = this.#busy ? undefined : this.#callers.shift();
    if (waiting) this.#serve(waiting);
  }

  #serve(link: TcpLink): void {
    this.#busy = true;
    if (!this.#options.callersWait) this.close();
    this.#options.arrive(link);
  }
}
