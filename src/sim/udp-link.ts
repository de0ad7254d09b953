/** One UDP connection of the modem on the bridge to real sockets. */
import type { RemoteInfo } from 'node:dgram';
import type { Listener, LoopbackSocket } from './loopback-socket.ts';
import { answerDatagram, isNameServer } from './name-server.ts';
import { type Endpoint, type Family, familyOf, type Hosts } from './sim-hosts.ts';

export interface LinkOptions {
  readonly family: Family;
  /** 0: the kernel chooses. */
  readonly localPort: number;
  /** As the modem sees it. The only one heard, unless `anyRemote`. */
  readonly peer?: Endpoint;
  readonly anyRemote: boolean;
  readonly receive: (data: Buffer, from: Endpoint) => void;
}

/** Where a link gets its real sockets from. */
export interface SocketSource {
  join(link: UdpLink, family: Family, port: number): Promise<LoopbackSocket>;
  leave(link: UdpLink, socket: LoopbackSocket): void;
}

export class UdpLink implements Listener {
  readonly family: Family;
  readonly #source: SocketSource;
  readonly #hosts: Hosts;
  readonly #receive: LinkOptions['receive'];
  /** By real family, of which there can be two: a foreign IPv4 address may stand for ::1. */
  readonly #sockets = new Map<Family, LoopbackSocket>();
  readonly #joining = new Map<Family, Promise<LoopbackSocket | undefined>>();
  /** Real endpoint → the address that the modem used for it, where that is another one. The last use counts. */
  readonly #aliases = new Map<string, string>();
  #peer: string | undefined;
  #anyRemote: boolean;
  #localPort: number;
  #closed = false;

  constructor(source: SocketSource, hosts: Hosts, options: LinkOptions) {
    this.#source = source;
    this.#hosts = hosts;
    this.#receive = options.receive;
    this.#anyRemote = options.anyRemote;
    this.#localPort = options.localPort;
    this.family = options.family;
    if (options.peer) this.#peer = this.#locate(options.peer);
  }

  get localPort(): number {
    return this.#localPort;
  }

  get closed(): boolean {
    return this.#closed;
  }

  joined(family: Family, port: number, socket: LoopbackSocket): void {
    this.#localPort = port;
    this.#sockets.set(family, socket);
  }

  /** On one port, could nobody tell what is for this connection and what for the other? */
  collidesWith(other: UdpLink): boolean {
    if (other.family !== this.family || other.localPort !== this.localPort) return false;
    if (this.#anyRemote || other.#anyRemote) return this.#anyRemote === other.#anyRemote;
    return this.#peer !== undefined && this.#peer === other.#peer;
  }

  hears(from: RemoteInfo): 'peer' | 'any' | undefined {
    if (this.#peer === endpointKey(from)) return 'peer';
    return this.#anyRemote ? 'any' : undefined;
  }

  accept(data: Buffer, from: RemoteInfo): void {
    const sender = this.#aliases.get(endpointKey(from)) ?? from.address;
    // Without a NAT64 a stranger from the other family has no address that this connection could show.
    const address = familyOf(sender) === this.family ? sender : this.#hosts.throughNat64(sender);
    if (address !== undefined) this.#receive(data, { address, port: from.port });
  }

  /** From now on only this peer is heard. */
  restrict(peer: Endpoint): void {
    this.#anyRemote = false;
    this.#peer = this.#locate(peer);
  }

  /** What goes to an address that has no place on this machine vanishes. */
  send(data: Buffer, to: Endpoint): void {
    if (isNameServer(to, this.#hosts)) this.#ask(data, to);
    const real = this.#hosts.route(to.address);
    const family = familyOf(real ?? '');
    if (this.#closed || real === undefined || family === undefined) return;
    this.#locate(to);
    const socket = this.#sockets.get(family);
    if (socket) socket.send(data, to.port, real);
    else void this.#join(family).then(joined => joined?.send(data, to.port, real));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets.values()) this.#source.leave(this, socket);
  }

  /** The network's own name server answers, in a later turn. */
  #ask(data: Buffer, server: Endpoint): void {
    const answer = answerDatagram(data, this.#hosts);
    if (answer) setImmediate(() => !this.#closed && this.#receive(answer, server));
  }

  /** The same port of the other family. If somebody else has it, what goes there vanishes. */
  #join(family: Family): Promise<LoopbackSocket | undefined> {
    const joining =
      this.#joining.get(family) ?? this.#source.join(this, family, this.#localPort).catch(() => undefined);
    this.#joining.set(family, joining);
    return joining;
  }

  /** The real endpoint behind one of the modem's; remembers the way back. */
  #locate(endpoint: Endpoint): string | undefined {
    const real = this.#hosts.route(endpoint.address);
    if (real === undefined) return undefined;
    const located = endpointKey({ address: real, port: endpoint.port });
    if (real === endpoint.address) this.#aliases.delete(located);
    else this.#aliases.set(located, endpoint.address);
    return located;
  }
}

function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.address}|${endpoint.port}`;
}
