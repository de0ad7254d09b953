/** How a Sequans socket becomes a TCP one: SQNSD and SQNSL (sequans.md 3.4, 3.12). */

import { type Endpoint, type Family, familyOf } from '../sim-hosts.ts';
import type { Switches } from '../sim-switches.ts';
import type { TcpBridge } from '../tcp-bridge.ts';
import type { TcpLink } from '../tcp-link.ts';
import { type Connection, protocols, renew } from './connection.ts';
import { type Connections, LARGEST } from './connections.ts';

/** With connTo 0 the end is up to TCP itself: it tries for 3 minutes at least (RFC 1122 4.2.3.5). */
const PATIENCE = 180_000;
/** How long the socket then stays in state 6: TinyGSM looks every 100 ms (sequans.md 3.4). */
const EARLY = 100;

export class TcpSockets {
  readonly #connections: Connections;
  readonly #bridge: TcpBridge;
  readonly #switches: Switches;

  constructor(connections: Connections, bridge: TcpBridge, switches: Switches) {
    this.#connections = connections;
    this.#bridge = bridge;
    this.#switches = switches;
  }

  /** @throws Error for whatever reason there is no connection */
  async dial(one: Connection, peer: Endpoint, localAddress: string): Promise<void> {
    const early = this.#switches.has('ok-before-connected');
    const limit = one.settings.config.connectTimeout * 100 || PATIENCE;
    const link = this.#bridge.dial({ peer, delay: early ? EARLY : 0, limit });
    const family = familyOf(peer.address) ?? 4;
    renew(one, { protocol: protocols.tcp, phase: 'opening', family, localAddress, peer, tcp: link });
    const connected = link.connected().then(() => {
      one.phase = 'open';
      this.#begin(one, link, peer);
    });
    // If it is not this dial's any more, the host has closed it meanwhile.
    const isOurs = (): boolean => one.tcp === link && one.phase === 'opening';
    if (early) {
      connected.catch(() => isOurs() && this.#connections.lose(one));
      return;
    }
    await connected.catch(error => {
      if (isOurs()) renew(one);
      throw error;
    });
  }

  /** @throws Error if another has the port */
  async listen(one: Connection, family: Family, localAddress: string, localPort: number): Promise<void> {
    const callersWait = !this.#switches.has('callers-refused');
    const door = this.#bridge.listener({ family, port: localPort, callersWait }, link =>
      this.#called(one, link),
    );
    const wait = async (): Promise<void> => {
      renew(one, { protocol: protocols.tcp, phase: 'listening', family, localAddress, door, again: wait });
      await door.next().catch(error => {
        renew(one);
        throw error;
      });
    };
    await wait();
  }

  /** The connection takes the place of its listener. */
  #called(one: Connection, link: TcpLink): void {
    one.tcp = link;
    one.peer = link.peer;
    this.#connections.announceCaller(one);
    this.#begin(one, link, link.peer);
  }

  #begin(one: Connection, link: TcpLink, peer: Endpoint): void {
    const connections = this.#connections;
    connections.touch(one);
    link.start({
      room: () => connections.room(one),
      receive: data => this.#receive(one, data, peer),
      finished: () => connections.finish(one),
      broken: () => connections.leave(one),
    });
  }

  /** A ring with data holds 1500 bytes at most (sequans.md 3.9). */
  #receive(one: Connection, data: Buffer, from: Endpoint): void {
    const step = one.settings.extension.ringMode === 2 ? LARGEST : data.length;
    for (let at = 0; at < data.length; at += step) {
      this.#connections.receive(one, { data: data.subarray(at, at + step), from });
    }
  }
}
