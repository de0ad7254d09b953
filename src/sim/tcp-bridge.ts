/** The bridge between the modem's TCP connections and this machine: dials, listeners, and every real socket that is still open. */
import { Socket } from 'node:net';
import type { Hosts } from './sim-hosts.ts';
import { type DoorOptions, TcpDoor } from './tcp-door.ts';
import { TcpLink } from './tcp-link.ts';
import { TcpListener } from './tcp-listener.ts';
import type { Endpoint } from './udp-link.ts';

export interface DialOptions {
  readonly peer: Endpoint;
  /** Milliseconds before anything happens. */
  readonly delay: number;
  /** Milliseconds until the attempt is given up. */
  readonly limit: number;
}

export class TcpBridge {
  readonly #hosts: Hosts;
  /** Also those that the modem has closed and that still have something to send. */
  readonly #links = new Set<TcpLink>();

  /** By family and port. One that nobody uses is shut, and may stay. */
  readonly #doors = new Map<string, TcpDoor>();

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** An address that has no place on this machine answers nothing, until the limit. */
  dial({ peer, delay, limit }: DialOptions): TcpLink {
    const socket = new Socket({ allowHalfOpen: true });
    const link = this.#adopt(socket);
    const host = this.#hosts.route(peer.address);
    const connect = (): void => {
      if (host !== undefined && !socket.destroyed) socket.connect({ host, port: peer.port });
    };
    const limiter = setTimeout(() => link.abort(), limit).unref();
    for (const outcome of ['connect', 'close']) socket.once(outcome, () => clearTimeout(limiter));
    if (delay === 0) connect();
    else setTimeout(connect, delay).unref();
    return link;
  }

  /** It listens from its first next() on. */
  listener(options: DoorOptions, arrive: (link: TcpLink) => void): TcpListener {
    const name = `${options.family}:${options.port}`;
    const door = this.#doors.get(name) ?? new TcpDoor(options, socket => this.#adopt(socket));
    this.#doors.set(name, door);
    return new TcpListener(door, arrive);
  }

  close(): void {
    for (const link of this.#links) link.abort();
  }

  #adopt(socket: Socket): TcpLink {
    const link = new TcpLink(socket);
    this.#links.add(link);
    socket.once('close', () => this.#links.delete(link));
    return link;
  }
}
