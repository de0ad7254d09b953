/** How a Sequans socket becomes a UDP one: SQNSD and SQNSLUDP (sequans.md 3.4, 3.12). */

import { type Endpoint, type Family, familyOf } from '../sim-hosts.ts';
import type { UdpBridge } from '../sim-links.ts';
import type { LinkOptions } from '../udp-link.ts';
import { type Connection, renew } from './connection.ts';
import { type Connections, LARGEST } from './connections.ts';

export interface UdpDial {
  readonly peer: Endpoint;
  readonly localAddress: string;
  readonly localPort: number;
  readonly anyRemote: number;
}

export class UdpSockets {
  readonly #connections: Connections;
  readonly #bridge: UdpBridge;

  constructor(connections: Connections, bridge: UdpBridge) {
    this.#connections = connections;
    this.#bridge = bridge;
  }

  /** @throws Error if the local port cannot be had */
  async dial(one: Connection, { peer, localAddress, localPort, anyRemote }: UdpDial): Promise<void> {
    const family = familyOf(peer.address) ?? 4;
    renew(one, { localAddress, peer, anyRemote, family });
    await this.#link(one, { family, localPort, peer, anyRemote: anyRemote !== 0 });
    one.phase = 'open';
    this.#connections.touch(one);
  }

  /** @throws Error if the local port cannot be had */
  async listen(one: Connection, family: Family, localAddress: string, localPort: number): Promise<void> {
    const again = (): Promise<void> => this.listen(one, family, localAddress, localPort);
    renew(one, { localAddress, family, again });
    await this.#link(one, { family, localPort, anyRemote: true });
    one.phase = 'listening';
  }

  async #link(one: Connection, options: Omit<LinkOptions, 'receive'>): Promise<void> {
    one.phase = 'opening';
    try {
      const receive = (data: Buffer, from: Endpoint): void => this.#receive(one, data, from);
      one.udp = await this.#bridge.open({ ...options, receive });
    } catch (error) {
      one.phase = 'closed';
      throw error;
    }
  }

  #receive(one: Connection, data: Buffer, from: Endpoint): void {
    // No source shows an empty datagram or a bigger one; a length of 0 means "nothing there" (sequans.md 3.8).
    if (data.length === 0 || data.length > LARGEST) return;
    if (one.phase === 'listening') this.#called(one, from);
    this.#connections.receive(one, { data, from });
  }

  /** The first datagram to a listener is a connection from its sender (sequans.md 3.12). */
  #called(one: Connection, from: Endpoint): void {
    one.peer = from;
    one.udp?.restrict(from);
    // Accepted by itself, its data ring.
    if (one.settings.extension.autoAccept === 1) one.phase = 'open';
    else this.#connections.announceCaller(one);
  }
}
