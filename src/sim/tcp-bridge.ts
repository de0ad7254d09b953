/** The bridge between the modem's TCP connections and this machine: dials, listeners, and every real socket that is still open. */
import type { Socket } from 'node:net';
import { nodeNet } from '../util/nodes-own.ts';
import { isNameServer } from './name-server.ts';
import { NameStream } from './name-stream.ts';
import type { Endpoint, Hosts } from './sim-hosts.ts';
import { type DoorOptions, TcpDoor } from './tcp-door.ts';
import { TcpLink } from './tcp-link.ts';
import { TcpListener } from './tcp-listener.ts';

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

  /** By family and port. */
  readonly #doors = new Map<string, TcpDoor>();
  readonly #names: NameStream;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
    this.#names = new NameStream(hosts);
  }

  /** An address that has no place on this machine answers nothing, until the limit. */
  dial({ peer, delay, limit }: DialOptions): TcpLink {
    const socket = new nodeNet.Socket({ allowHalfOpen: true });
    const link = this.#adopt(socket);
    const connect = async (): Promise<void> => {
      const place = await this.#locate(peer).catch(() => undefined);
      if (place && !socket.destroyed) socket.connect({ host: place.address, port: place.port });
    };
    const limiter = setTimeout(() => link.abort(), limit).unref();
    for (const outcome of ['connect', 'close']) socket.once(outcome, () => clearTimeout(limiter));
    if (delay === 0) void connect();
    else setTimeout(() => void connect(), delay).unref();
    return link;
  }

  /** It listens from its first next() on. */
  listener(options: DoorOptions, arrive: (link: TcpLink) => void): TcpListener {
    const name = `${options.family}:${options.port}`;
    const deserted = (): unknown => this.#doors.delete(name);
    const door = this.#doors.get(name) ?? new TcpDoor(options, socket => this.#adopt(socket), deserted);
    this.#doors.set(name, door);
    return new TcpListener(door, arrive);
  }

  close(): void {
    for (const link of this.#links) link.abort();
    this.#names.close();
  }

  async #locate({ address, port }: Endpoint): Promise<Endpoint | undefined> {
    if (isNameServer({ address, port }, this.#hosts))
      return { address: '127.0.0.1', port: await this.#names.port() };
    const real = this.#hosts.route(address);
    return real === undefined ? undefined : { address: real, port };
  }

  #adopt(socket: Socket): TcpLink {
    const link = new TcpLink(socket);
    this.#links.add(link);
    socket.once('close', () => this.#links.delete(link));
    return link;
  }
}
