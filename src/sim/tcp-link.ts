/** One TCP connection of the modem: a real socket behind the small buffers of a modem. */

import type { Socket } from 'node:net';
import type { Endpoint } from './sim-hosts.ts';

export interface TcpOwner {
  /** How many more bytes it can keep. The rest is not taken, so that the peer feels it. */
  room(): number;
  receive(data: Buffer): void;
  /** The peer sends no more (FIN), and all that it sent was received. */
  finished(): void;
  /** The connection was reset. */
  broken(): void;
}

export class TcpLink {
  readonly #socket: Socket;
  #owner: TcpOwner | undefined;
  #waiting = 0;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
    socket.setNoDelay(true);
    // What went wrong no modem tells: 'close' follows, and that is all.
    socket.on('error', () => {});
    socket.on('close', () => this.#owner?.broken());
  }

  get peer(): Endpoint {
    return { address: this.#socket.remoteAddress ?? '', port: this.#socket.remotePort ?? 0 };
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /**
   * Bytes sent and not acknowledged. They sink to 0 after a FIN of the peer too, since the modem still sends what it
   * has; a reset freezes them.
   */
  get waiting(): number {
    return this.#waiting;
  }

  /** Settles with the attempt. It rejects for whatever ended that, abort() and close() too. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('close', () => reject(new Error('not connected')));
    });
  }

  /** Until now nothing was read: from now on the owner hears what comes. */
  start(owner: TcpOwner): void {
    this.#owner = owner;
    if (this.#socket.destroyed) {
      setImmediate(() => this.#owner?.broken());
      return;
    }
    this.#socket.on('end', () => this.#owner?.finished());
    this.#socket.on('readable', () => this.resume());
  }

  /** Takes what is there, as much as the owner has room for. */
  resume(): void {
    const socket = this.#socket;
    while (this.#owner && socket.readableLength > 0) {
      const room = Math.min(this.#owner.room(), socket.readableLength);
      const data: Buffer | null = room > 0 ? socket.read(room) : null;
      if (!data) return;
      this.#owner.receive(data);
    }
    // Asks for more, or for the end.
    if (this.#owner) socket.read(0);
  }

  send(data: Buffer): void {
    this.#waiting += data.length;
    this.#socket.write(data, error => {
      if (!error) this.#acknowledge(data.length);
    });
  }

  /** FIN behind all that was sent. What the peer sends from then on is answered with a reset, as a kernel does. */
  close(): void {
    const socket = this.#socket;
    if (this.#closed) return;
    this.#closed = true;
    this.#owner = undefined;
    if (socket.connecting || socket.pending) {
      socket.destroy();
      return;
    }
    socket.removeAllListeners('readable');
    // What came before must be read: a kernel that closes over unread data sends a reset instead of the FIN.
    socket.resume();
    socket.end(() => setImmediate(() => socket.destroy()));
  }

  /** Without a FIN: the modem is gone, or its network. */
  abort(): void {
    this.#closed = true;
    this.#owner = undefined;
    if (this.#socket.connecting || this.#socket.pending) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /**
   * The kernel has it. Its word on acknowledgements is not to be had, but on loopback a reset in answer to the data
   * is there in the next turn.
   */
  #acknowledge(length: number): void {
    const settle = (): void => {
      if (!this.#socket.errored) this.#waiting -= length;
    };
    setImmediate(() => setImmediate(settle));
  }
}
