/** The socket table of a Sequans modem: buffers, rings, closing (sequans.md 3.5, 3.9 and 4). */
import type { Arrival } from '../receive-queue.ts';
import type { Endpoint } from '../sim-hosts.ts';
import type { Random } from '../sim-random.ts';
import type { Switches } from '../sim-switches.ts';
import { type Connection, closedConnection, protocols, renew } from './connection.ts';
import type { SequansMemory } from './memory.ts';

interface Surroundings {
  readonly memory: SequansMemory;
  readonly switches: Switches;
  readonly random: Random;
  /** False: nobody has heard it. */
  say(text: string): boolean;
}

/** One read gives 1500 bytes at most, and no source tells of a bigger datagram (sequans.md 3.8). */
export const LARGEST = 1500;
/** Datagrams must go somewhere while nobody reads; a byte stream waits with its sender. */
const ROOM = { [protocols.tcp]: 16 << 10, [protocols.udp]: 4 << 20 };
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

  /** How many more bytes it can keep. */
  room(one: Connection): number {
    return this.#capacity(one) - one.queue.bytes;
  }

  /** Somebody wants to be accepted, or was by himself. */
  announceCaller(one: Connection): void {
    one.phase = one.settings.extension.autoAccept === 1 ? 'open' : 'incoming';
    this.#around.say(`+SQNSRING: ${one.id}`);
  }

  /** Takes the incoming connection: what it sent is announced again, now as data. */
  accept(one: Connection): void {
    one.phase = 'open';
    for (const arrival of one.queue.clear()) this.receive(one, arrival);
    if (one.finished) this.finish(one);
  }

  receive(one: Connection, arrival: Arrival): void {
    const { data } = arrival;
    if (data.length > this.room(one)) return;
    if (one.phase === 'incoming') {
      one.queue.push(arrival);
      return;
    }
    one.received += data.length;
    this.touch(one);
    const silent = one.queue.bytes > 0 && this.#around.switches.has('ring-when-empty');
    const told = one.settings.extension.ringMode === 2;
    if (told && this.#ringWithData(one, data)) return;
    one.queue.push(arrival);
    if (!told && !silent) this.#ring(one, data);
  }

  send(one: Connection, data: Buffer, to: Endpoint): void {
    one.sent += data.length;
    this.touch(one);
    one.tcp?.send(data);
    one.udp?.send(data, to);
  }

  /** What one SQNSRECV gives. */
  read(one: Connection, limit: number): Arrival | undefined {
    const { switches } = this.#around;
    if (one.finished && one.phase === 'open') this.leave(one);
    const stream = one.protocol === protocols.tcp;
    const taken = one.queue.take(limit, {
      joins: stream ? !switches.has('recv-short') : switches.has('recv-concatenates'),
      // Telit keeps the rest for the next read (sequans.md 3.8).
      truncates: !stream && switches.has('recv-truncates'),
    });
    // The window opens by halves, as receivers do that avoid silly ones (RFC 1122 4.2.3.3).
    if (this.room(one) * 2 >= this.#capacity(one)) setImmediate(() => one.tcp?.resume());
    return taken;
  }

  /** The host closes it. */
  close(one: Connection): void {
    const { again, phase } = one;
    const returns = phase !== 'listening' && this.#returns(one);
    this.#release(one);
    // Should another have the port by now, it stays closed.
    if (returns) again?.().catch(() => {});
    else renew(one);
  }

  /** The peer has closed in order: told at once, except to a host that has not accepted yet. */
  finish(one: Connection): void {
    one.finished = true;
    const inRead = this.#around.switches.has('close-in-recv') && one.queue.bytes > 0;
    if (one.phase === 'open' && !inRead) this.leave(one);
  }

  /** The peer ends it, in order or by a reset. With nothing left to read its id is free at once for the listener to return. */
  leave(one: Connection): void {
    this.lose(one);
    if (one.queue.bytes === 0 && this.#returns(one)) this.close(one);
  }

  /** Not the host closes it: unread data stays, and the host is told. */
  lose(one: Connection): void {
    const { switches, say } = this.#around;
    this.#release(one);
    if (!this.#returns(one)) one.door?.close();
    one.phase = 'closed';
    if (switches.has('close-drops-data')) one.queue.clear();
    if (!switches.has('close-unannounced')) say(`+SQNSH: ${one.id}`);
  }

  /** Its PDP context is gone: nothing can be said to the peer any more. */
  cutOff(one: Connection): void {
    one.again = undefined;
    one.tcp?.abort();
    this.lose(one);
  }

  /** Without a word, as a restart does. */
  closeAll(): void {
    for (const one of this.all) {
      one.tcp?.abort();
      one.door?.close();
      this.#release(one);
      one.phase = 'closed';
    }
  }

  /** Any data either way starts the exchange timeout anew (sequans.md 3.2). */
  touch(one: Connection): void {
    const { maxTimeout } = one.settings.config;
    if (maxTimeout === 0) return;
    if (one.idle) one.idle.refresh();
    else one.idle = setTimeout(() => this.lose(one), maxTimeout * 1000).unref();
  }

  #returns(one: Connection): boolean {
    return one.again !== undefined && this.#around.switches.has('listener-returns');
  }

  #release(one: Connection): void {
    clearTimeout(one.idle);
    one.udp?.close();
    one.tcp?.close();
  }

  #capacity(one: Connection): number {
    return this.#around.switches.has('small-receive-buffer') ? LITTLE_ROOM : ROOM[one.protocol];
  }

  #ring(one: Connection, data: Buffer): void {
    const { switches, random, say } = this.#around;
    if (switches.has('lost-ring') && random() < 1 / 4) return;
    const length = switches.has('ring-total') ? one.queue.bytes : data.length;
    say(one.settings.extension.ringMode === 0 ? `+SQNSRING: ${one.id}` : `+SQNSRING: ${one.id},${length}`);
  }

  /** Mode 2: the data are in the ring and then gone. */
  #ringWithData(one: Connection, data: Buffer): boolean {
    const shown = data.toString(one.settings.extension.receiveHex === 1 ? 'hex' : 'latin1');
    return this.#around.say(`+SQNSRING: ${one.id},${data.length},${shown}`);
  }
}
