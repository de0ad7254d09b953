/** The socket table of a QFWD module: ids, buffers, URCs, closing (quectel-qfwd.md 3). */
import type { Machine } from '../firmware.ts';
import type { Arrival } from '../receive-queue.ts';
import type { SwitchName } from '../sim-switches.ts';
import type { Manner } from './manner.ts';
import type { QfwdSocket } from './socket.ts';
import { highestId } from './words.ts';

/** What Linux keeps for a socket that is not read. */
const OUTSIDE = 4 << 20;

export class Sockets {
  /** +QFWDCFG="urc_with_len". */
  urcWithLen: boolean;
  readonly #machine: Machine;
  readonly #manner: Manner;
  readonly #all = new Map<number, QfwdSocket>();
  #lastHostId = 0;
  #lastPeerId = 0;

  constructor(machine: Machine, manner: Manner) {
    this.#machine = machine;
    this.#manner = manner;
    this.urcWithLen = manner.urcWithLen;
  }

  /** Those whose ids are in use, in the order of these. */
  get inUse(): QfwdSocket[] {
    return [...this.#all.values()].filter(isInUse).sort((a, b) => a.id - b.id);
  }

  /** Also one that has ended with something left to read. */
  find(id: number): QfwdSocket | undefined {
    return this.#all.get(id);
  }

  /** Still in the table? */
  has(one: QfwdSocket): boolean {
    return this.#all.get(one.id) === one;
  }

  /** Would an open with this id be refused? */
  refuses(id: number): boolean {
    const one = this.#all.get(id);
    if (one) return isInUse(one);
    return this.#all.size >= this.#machine.settings.connections;
  }

  /** The host has chosen the id. */
  add(one: QfwdSocket): void {
    this.#lastHostId = one.id;
    this.#all.set(one.id, one);
  }

  /** The module chooses one for a peer of a server. undefined: the table is full. */
  idForPeer(server: QfwdSocket): number | undefined {
    if (this.#all.size >= this.#machine.settings.connections) return undefined;
    const { switches } = this.#machine.settings;
    let id = 0;
    if (switches.has('accept-id-after-server')) id = server.id;
    if (switches.has('accept-id-counter')) id = this.#lastPeerId;
    if (switches.has('id-collision')) id = this.#lastHostId;
    do id = (id % highestId) + 1;
    while (this.#all.has(id));
    this.#lastPeerId = id;
    return id;
  }

  addPeer(one: QfwdSocket): void {
    this.#all.set(one.id, one);
  }

  /** A URC of this socket, which only its own port hears (quectel-qfwd.md 3.8). */
  say(one: QfwdSocket, what: string, ...fields: readonly (string | number)[]): void {
    if (one.urcPort !== this.#manner.line) return;
    this.#machine.say(`+QFWDURC: ${[`"${what}"`, ...fields].join(',')}`);
  }

  /** How many more bytes it can keep. */
  room(one: QfwdSocket): number {
    return this.#machine.settings.recvMax - one.queue.bytes;
  }

  receive(one: QfwdSocket, arrival: Arrival): void {
    const { data } = arrival;
    this.touch(one);
    const fits = one.outside.bytes === 0 && data.length <= this.room(one);
    if (fits) this.#keep(one, arrival);
    // What is bigger than the whole buffer can never be told of.
    else if (data.length <= this.#machine.settings.recvMax && one.outside.bytes + data.length <= OUTSIDE)
      one.outside.push(arrival);
  }

  /** What one read gives. */
  read(one: QfwdSocket, limit: number): Buffer {
    const { switches, recvMax } = this.#machine.settings;
    const stream = one.protocol === 'tcp';
    const taken = one.queue.take(limit, {
      joins: stream ? !switches.has('recv-short') : switches.has('udp-glue'),
      truncates: !stream && switches.has('oversize-truncate'),
    });
    this.#refill(one);
    // The window opens by halves, as receivers do that avoid silly ones (RFC 1122 4.2.3.3).
    if (this.room(one) * 2 >= recvMax) setImmediate(() => one.tcp?.resume());
    if (one.phase === 'ended') this.#settle(one);
    return taken?.data ?? Buffer.alloc(0);
  }

  /** A harmless repetition: data wait somewhere. */
  reminder(): string | undefined {
    const { line } = this.#manner;
    const waiting = this.inUse.find(({ queue, urcPort }) => queue.bytes > 0 && urcPort === line);
    return waiting && `+QFWDURC: ${this.#readUrc(waiting).join(',')}`;
  }

  /** By the host. The peers of a server stay (quectel-qfwd.md 3.3). */
  close(one: QfwdSocket): void {
    this.#release(one);
    this.#all.delete(one.id);
  }

  /** Not by the host, which is told of it. */
  lose(one: QfwdSocket): void {
    this.#end(one, 'id-held-after-remote-close');
    this.say(one, 'client/close', one.id);
  }

  /** An open has failed. */
  fail(one: QfwdSocket): void {
    this.#end(one, 'id-held-after-failed-open');
  }

  /** A PDP context is gone. No URC tells of that; of a client the end of its connection may (quectel-qfwd.md 1.9). */
  cutOff(cid: number): void {
    for (const one of [...this.#all.values()]) {
      if (one.cid !== cid || one.phase === 'ended') continue;
      // A dial hears of it by itself, and fails.
      one.tcp?.abort();
      if (one.kind === 'server') this.close(one);
      else if (one.phase === 'open') this.lose(one);
    }
  }

  /** Without a word, as a restart does. */
  closeAll(): void {
    for (const one of this.#all.values()) {
      one.tcp?.abort();
      this.#release(one);
    }
    this.#all.clear();
  }

  /** Any data either way starts the idle time of a peer anew. */
  touch(one: QfwdSocket): void {
    const seconds = one.server?.idleSeconds ?? 0;
    if (seconds === 0 || one.phase !== 'open') return;
    if (this.#machine.settings.switches.has('idle-timeout-off')) return;
    if (one.idle) one.idle.refresh();
    else one.idle = setTimeout(() => this.lose(one), seconds * 1000).unref();
  }

  #keep(one: QfwdSocket, arrival: Arrival): void {
    const wasEmpty = one.queue.bytes === 0;
    one.queue.push(arrival);
    if (wasEmpty || this.#machine.settings.switches.has('read-urc-per-segment')) this.#tellOfData(one);
  }

  #tellOfData(one: QfwdSocket): void {
    const { settings, random } = this.#machine;
    if (settings.switches.has('read-urc-none')) return;
    if (settings.switches.has('lost-read-urc') && random() < 1 / 4) return;
    this.say(one, ...this.#readUrc(one));
  }

  #readUrc(one: QfwdSocket): ['client/read', ...number[]] {
    return ['client/read', one.id, ...(this.urcWithLen ? [one.queue.bytes] : [])];
  }

  #refill(one: QfwdSocket): void {
    for (;;) {
      const next = one.outside.nextBytes ?? Number.POSITIVE_INFINITY;
      const arrival = next <= this.room(one) && one.outside.take(next, { joins: false, truncates: false });
      if (!arrival) return;
      this.#keep(one, arrival);
    }
  }

  #end(one: QfwdSocket, holder: SwitchName): void {
    this.#release(one);
    one.phase = 'ended';
    one.held = this.#machine.settings.switches.has(holder);
    this.#settle(one);
  }

  /** Ended and read to its end, it is gone. */
  #settle(one: QfwdSocket): void {
    if (one.queue.bytes === 0 && !one.held && this.has(one)) this.#all.delete(one.id);
  }

  #release(one: QfwdSocket): void {
    clearTimeout(one.idle);
    one.udp?.close();
    one.tcp?.close();
    one.door?.close();
  }
}

function isInUse({ phase, held }: QfwdSocket): boolean {
  return phase !== 'ended' || held;
}
