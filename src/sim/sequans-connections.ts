/** The socket table of a Sequans modem: states, buffers, rings (sequans.md 3.9, 3.11 and 4). */
import type { SequansMemory, SocketSettings } from './sequans-memory.ts';
import { type Family, familyOf } from './sim-hosts.ts';
import type { UdpBridge } from './sim-links.ts';
import type { Random } from './sim-random.ts';
import type { Switches } from './sim-switches.ts';
import type { Endpoint, LinkOptions, UdpLink } from './udp-link.ts';

/** 'opening' is for the time of a dial; TCP will stay in it until the peer has answered. */
export type Phase = 'closed' | 'opening' | 'open' | 'listening' | 'incoming';

export interface Datagram {
  readonly data: Buffer;
  readonly from: Endpoint;
}

/** A socket while it is in use. */
export interface Connection {
  readonly id: number;
  readonly settings: SocketSettings;
  phase: Phase;
  /** 0 TCP, 1 UDP. */
  protocol: 0 | 1;
  family: Family;
  localAddress: string;
  peer: Endpoint | undefined;
  /** acceptAnyRemote: 0 the peer alone, 1 hears anybody, 2 also sends to anybody. */
  anyRemote: number;
  /** It came from SQNSLUDP. */
  listener: boolean;
  link: UdpLink | undefined;
  /** Kept after the network closed the socket, until SQNSH or the next dial (sequans.md 3.5). */
  queue: Datagram[];
  unread: number;
  sent: number;
  received: number;
  /** No prompt was given yet. */
  untried: boolean;
  idle: NodeJS.Timeout | undefined;
}

interface Surroundings {
  readonly memory: SequansMemory;
  readonly bridge: UdpBridge;
  readonly switches: Switches;
  readonly random: Random;
  say(text: string): void;
}

/** One read gives 1500 bytes at most, and no source tells of a bigger datagram (sequans.md 3.8). */
export const LARGEST = 1500;
const ROOM = 4 << 20;
const LITTLE_ROOM = 3000;

export class Connections {
  readonly all: readonly Connection[];
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
    this.all = around.memory.sockets.map((settings, index) => closedConnection(index + 1, settings));
  }

  get open(): number {
    return this.all.filter(one => one.phase !== 'closed').length;
  }

  /** @throws Error if the local port cannot be had */
  async dial(
    one: Connection,
    peer: Endpoint,
    localAddress: string,
    localPort: number,
    anyRemote: number,
  ): Promise<void> {
    const family = familyOf(peer.address) ?? 4;
    Object.assign(one, closedConnection(one.id, one.settings), { localAddress, peer, anyRemote, family });
    await this.#link(one, { family, localPort, peer, anyRemote: anyRemote !== 0 });
    one.phase = 'open';
    this.#touch(one);
  }

  /** @throws Error if the local port cannot be had */
  async listen(one: Connection, family: Family, localAddress: string, localPort: number): Promise<void> {
    Object.assign(one, closedConnection(one.id, one.settings), { localAddress, family, listener: true });
    await this.#link(one, { family, localPort, anyRemote: true });
    one.phase = 'listening';
  }

  /** Takes the incoming connection: what it sent is announced again, now as data. */
  accept(one: Connection): void {
    one.phase = 'open';
    one.unread = 0;
    for (const datagram of one.queue.splice(0)) this.#receive(one, datagram);
  }

  send(one: Connection, data: Buffer, to: Endpoint): void {
    one.sent += data.length;
    this.#touch(one);
    one.link?.send(data, to);
  }

  /** What one SQNSRECV gives. */
  read(one: Connection, limit: number): Datagram | undefined {
    const { switches } = this.#around;
    const first = one.queue.shift();
    if (!first) return undefined;
    let data = first.data.subarray(0, limit);
    const rest = first.data.subarray(limit);
    one.unread -= first.data.length;
    // Telit keeps the rest for the next read (sequans.md 3.8).
    if (rest.length > 0 && !switches.has('recv-truncates'))
      this.#keep(one, { data: rest, from: first.from }, true);
    while (switches.has('recv-concatenates') && data.length < limit) {
      const more = this.read(one, limit - data.length);
      if (!more) break;
      data = Buffer.concat([data, more.data]);
    }
    return { data, from: first.from };
  }

  /** The host closes it. */
  close(one: Connection): void {
    const { listener, phase, family, localAddress, link } = one;
    this.#release(one);
    Object.assign(one, closedConnection(one.id, one.settings));
    if (!listener || phase === 'listening' || !this.#around.switches.has('listener-returns')) return;
    // The port was its own until now; should somebody else be quicker, it stays closed.
    this.listen(one, family, localAddress, link?.localPort ?? 0).catch(() => {});
  }

  /** The modem or the network closes it: unread data stays, and the host is told. */
  lose(one: Connection): void {
    const { switches, say } = this.#around;
    this.#release(one);
    one.phase = 'closed';
    one.link = undefined;
    if (switches.has('close-drops-data')) Object.assign(one, { queue: [], unread: 0 });
    if (!switches.has('close-unannounced')) say(`+SQNSH: ${one.id}`);
  }

  /** Without a word, as a restart does. */
  closeAll(): void {
    for (const one of this.all) {
      this.#release(one);
      one.phase = 'closed';
    }
  }

  async #link(one: Connection, options: Omit<LinkOptions, 'receive'>): Promise<void> {
    one.phase = 'opening';
    try {
      const receive = (data: Buffer, from: Endpoint): void => this.#receive(one, { data, from });
      one.link = await this.#around.bridge.open({ ...options, receive });
    } catch (error) {
      one.phase = 'closed';
      throw error;
    }
  }

  #release(one: Connection): void {
    clearTimeout(one.idle);
    one.link?.close();
  }

  /** Any data either way starts the exchange timeout anew (sequans.md 3.2). */
  #touch(one: Connection): void {
    const { maxTimeout } = one.settings.config;
    if (maxTimeout === 0) return;
    if (one.idle) one.idle.refresh();
    else one.idle = setTimeout(() => this.lose(one), maxTimeout * 1000).unref();
  }

  #receive(one: Connection, datagram: Datagram): void {
    const { data, from } = datagram;
    // No source shows an empty datagram or a bigger one; a length of 0 means "nothing there" (sequans.md 3.8).
    if (data.length === 0 || data.length > LARGEST) return;
    if (one.phase === 'listening') this.#incoming(one, from);
    if (one.phase === 'incoming') {
      this.#keep(one, datagram);
      return;
    }
    one.received += data.length;
    this.#touch(one);
    const silent = one.unread > 0 && this.#around.switches.has('ring-when-empty');
    if (one.settings.extension.ringMode === 2) this.#ringWithData(one, data);
    else if (this.#keep(one, datagram) && !silent) this.#ring(one, data);
  }

  /** The first datagram to a listener is a connection from its sender (sequans.md 3.12). */
  #incoming(one: Connection, from: Endpoint): void {
    one.peer = from;
    one.link?.restrict(from);
    if (one.settings.extension.autoAccept === 1) {
      one.phase = 'open';
    } else {
      one.phase = 'incoming';
      this.#around.say(`+SQNSRING: ${one.id}`);
    }
  }

  /** False: there is no room, and the datagram is lost. */
  #keep(one: Connection, datagram: Datagram, first = false): boolean {
    const room = this.#around.switches.has('small-receive-buffer') ? LITTLE_ROOM : ROOM;
    if (one.unread + datagram.data.length > room) return false;
    one.unread += datagram.data.length;
    if (first) one.queue.unshift(datagram);
    else one.queue.push(datagram);
    return true;
  }

  #ring(one: Connection, data: Buffer): void {
    const { switches, random, say } = this.#around;
    if (switches.has('lost-ring') && random() < 1 / 4) return;
    const length = switches.has('ring-total') ? one.unread : data.length;
    say(one.settings.extension.ringMode === 0 ? `+SQNSRING: ${one.id}` : `+SQNSRING: ${one.id},${length}`);
  }

  /** Mode 2: the data are in the ring and then gone. */
  #ringWithData(one: Connection, data: Buffer): void {
    const shown = data.toString(one.settings.extension.receiveHex === 1 ? 'hex' : 'latin1');
    this.#around.say(`+SQNSRING: ${one.id},${data.length},${shown}`);
  }
}

/** `<state>` of +SQNSS (sequans.md 3.11). */
export function stateNumber(one: Connection): number {
  const numbers = { closed: 0, opening: 6, open: one.unread > 0 ? 3 : 2, listening: 4, incoming: 5 } as const;
  return numbers[one.phase];
}

function closedConnection(id: number, settings: SocketSettings): Connection {
  return {
    id,
    settings,
    phase: 'closed',
    protocol: 1,
    family: 4,
    localAddress: '',
    peer: undefined,
    anyRemote: 0,
    listener: false,
    link: undefined,
    queue: [],
    unread: 0,
    sent: 0,
    received: 0,
    untried: true,
    idle: undefined,
  };
}
