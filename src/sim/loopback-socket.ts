/** One real UDP socket on a loopback address, shared by the modem connections with its port. */
import type { RemoteInfo, Socket } from 'node:dgram';
import { nodeDgram } from '../util/nodes-own.ts';
import type { Family } from './sim-hosts.ts';

export interface Listener {
  /** Whether a sender is its only peer, or one of anybody. */
  hears(from: RemoteInfo): 'peer' | 'any' | undefined;
  accept(data: Buffer, from: RemoteInfo): void;
}

/** As much as the kernel gives: bursts come faster than any modem reads. */
const KERNEL_BUFFER = 4 << 20;

export class LoopbackSocket {
  readonly listeners = new Set<Listener>();
  /** Settles with the port number. Rejects as Node's bind does, with EADDRINUSE for a port that another has. */
  readonly bound: Promise<number>;
  readonly #socket: Socket;

  constructor(family: Family, port: number) {
    this.#socket = nodeDgram.createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      // Only literals come here; no name ever leaves the simulator.
      lookup: (address, _options, done) => done(null, address, family),
    });
    this.#socket.unref();
    this.#socket.on('message', (data, from) => this.#deliver(data, from));
    this.bound = new Promise((resolve, reject) => {
      // Errors after the bind, such as a port unreachable, are not told to the modem: the reject does nothing then.
      this.#socket.on('error', reject);
      this.#socket.bind({ port, address: family === 4 ? '127.0.0.1' : '::1' }, () => {
        this.#growBuffer();
        resolve(this.#socket.address().port);
      });
    });
  }

  send(data: Buffer, port: number, address: string): void {
    this.#socket.send(data, port, address, () => {});
  }

  close(): void {
    this.#socket.close();
  }

  /** To the connection that has this peer, else to the one that hears anybody. */
  #deliver(data: Buffer, from: RemoteInfo): void {
    const listeners = [...this.listeners];
    const taker =
      listeners.find(one => one.hears(from) === 'peer') ?? listeners.find(one => one.hears(from) === 'any');
    taker?.accept(data, from);
  }

  #growBuffer(): void {
    try {
      this.#socket.setRecvBufferSize(KERNEL_BUFFER);
    } catch {
      // The kernel's own size it is, then.
    }
  }
}
