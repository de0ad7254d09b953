/** The bridge between modem connections and this machine: real sockets by family and local port. */
import { LoopbackSocket } from './loopback-socket.ts';
import { type Family, familyOf, type Hosts } from './sim-hosts.ts';
import { type LinkOptions, type SocketSource, UdpLink } from './udp-link.ts';

/** The port that the kernel chooses in one family may be another's in the other. */
const TRIES = 8;

export class UdpBridge implements SocketSource {
  readonly #hosts: Hosts;
  /** By real family and port, from before they are bound. Port 0 is nobody's: each gets a socket of its own. */
  readonly #sockets = new Map<string, LoopbackSocket>();
  readonly #links = new Set<UdpLink>();
  #open = true;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** @throws Error with EADDRINUSE: the port is another's, or two connections could not be told apart */
  async open(options: LinkOptions): Promise<UdpLink> {
    const { family, peer, anyRemote, localPort } = options;
    const real = familyOf((peer && this.#hosts.route(peer.address)) ?? '') ?? family;
    // The peer may be of another family on this machine than for the modem; strangers are of the modem's.
    const families = anyRemote && real !== family ? [real, family] : [real];
    for (let tries = localPort === 0 ? TRIES : 1; ; tries--) {
      const link = new UdpLink(this, this.#hosts, options);
      try {
        for (const one of families) {
          this.#checkCollisions(link);
          await this.join(link, one, link.localPort);
        }
        this.#links.add(link);
        return link;
      } catch (error) {
        link.close();
        if (tries === 1 || !this.#open) throw error;
      }
    }
  }

  async join(link: UdpLink, family: Family, port: number): Promise<LoopbackSocket> {
    const socket = this.#sockets.get(socketKey(family, port)) ?? this.#create(family, port);
    socket.listeners.add(link);
    try {
      const bound = await socket.bound;
      if (!this.#open || link.closed) throw new Error('the simulated modem has restarted');
      this.#sockets.set(socketKey(family, bound), socket);
      link.joined(family, bound, socket);
      return socket;
    } catch (error) {
      this.leave(link, socket);
      throw error;
    }
  }

  leave(link: UdpLink, socket: LoopbackSocket): void {
    this.#links.delete(link);
    socket.listeners.delete(link);
    if (socket.listeners.size > 0) return;
    for (const [name, one] of this.#sockets) if (one === socket) this.#sockets.delete(name);
    socket.close();
  }

  close(): void {
    this.#open = false;
    for (const link of [...this.#links]) link.close();
  }

  #checkCollisions(link: UdpLink): void {
    for (const other of this.#links) {
      if (!link.collidesWith(other)) continue;
      throw Object.assign(new Error(`bind EADDRINUSE ${link.localPort}`), { code: 'EADDRINUSE' });
    }
  }

  #create(family: Family, port: number): LoopbackSocket {
    const socket = new LoopbackSocket(family, port);
    if (port !== 0) this.#sockets.set(socketKey(family, port), socket);
    return socket;
  }
}

function socketKey(family: Family, port: number): string {
  return `${family}:${port}`;
}
