/** What all sockets of one modem share: the channel, the ids, what the firmware can, who hears which URC. */
import { AtError } from '../../at/at-error.ts';
import type { AtChannel } from '../../at/channel.ts';
import type { Command } from '../../at/command.ts';
import { PeerCache } from '../../driver/peer-cache.ts';
import type { Family } from '../../driver/port.ts';
import { SafetyPoll } from '../../driver/safety-poll.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import type { Address } from '../../threegpp/address.ts';
import * as gpp from '../../threegpp/commands.ts';
import { failure } from '../../threegpp/failures.ts';
import { Lease } from '../../threegpp/lease.ts';
import { ignoreRefusal, noNetwork } from '../../threegpp/network.ts';
import { Pending } from '../../util/pending.ts';
import type { DriverOptions } from '../dialect.ts';
import type { Capabilities, Choice } from './capabilities.ts';
import * as qfwd from './commands.ts';
import { DEFAULT_URC_PORT, URC_PORTS, type UrcPort } from './forms.ts';
import type { Piece } from './payload.ts';
import { type Holder, SocketTable } from './socket-table.ts';
import { type SocketEvent, socketUrc } from './urcs.ts';

/** Whatever is open on the modem and has an owner to tell. */
export interface Closable {
  /** Without an error: the modem is closed in order. */
  fail(error: SocketFailure | undefined): void;
  close(): Promise<void>;
}

type Named = 'server' | 'state' | 'close' | 'read';

export class QfwdContext {
  readonly at: AtChannel;
  readonly options: DriverOptions;
  readonly capabilities: Capabilities;
  readonly table: SocketTable;
  readonly payload = { sent: 0, received: 0 };
  readonly ports = new Set<Closable>();
  /** Sockets that are being opened or closed: the line stays open for them. */
  readonly pending = new Pending();
  readonly peers = new PeerCache();
  readonly poll = new SafetyPoll();
  readonly lease: Lease;
  /** Servers whose opening the modem has not reported yet. */
  readonly openingServers = new Set<Holder>();
  readonly #gone = new AbortController();
  /** URCs come to where this program listens: proven in this run. */
  urcsHeard = false;
  /** Data were announced by a URC at least once. */
  #readUrcsHeard = false;
  /** Openings that no URC has told of, so far. */
  #silentOpenings = 0;
  #apn: string | undefined;
  #addresses: readonly Address[] = [];

  constructor(at: AtChannel, options: DriverOptions, capabilities: Capabilities, sockets: number) {
    this.at = at;
    this.options = options;
    this.lease = new Lease(at, options.cid);
    this.capabilities = capabilities;
    this.table = new SocketTable(sockets);
    this.#apn = options.apn;
    this.poll.quick = this.urcPort === 'none';
    at.onUrc(socketUrc, event => this.#dispatch(event));
  }

  /** @param check runs when the turn has come and may throw: until then, things can change */
  async run<T>(command: Command<T>, check: () => void = () => {}): Promise<T> {
    try {
      return await this.at.transaction(async at => {
        check();
        return at.execute(command);
      });
    } catch (error) {
      // URCs may have been lost together with the answer.
      if (error instanceof AtError && !error.refused) this.poll.soon();
      throw error;
    }
  }

  /** Tries the names that a command may have, until one is accepted. @throws AtError what the last one got */
  async named<K extends Named, T>(
    kind: K,
    make: (name: Choice<K>) => Command<T>,
    check?: () => void,
  ): Promise<T> {
    let refusal: unknown;
    for (const name of this.capabilities.candidates(kind)) {
      try {
        const value = await this.run(make(name), check);
        this.capabilities.learn(kind, name);
        return value;
      } catch (error) {
        ignoreRefusal(error);
        refusal = error;
      }
    }
    throw refusal;
  }

  /** How payloads go: as the user says, or as was proven. */
  get payloadForm(): Choice<'payload'> {
    const { encoding } = this.options;
    return encoding === 'auto' ? (this.capabilities.get('payload') ?? 'printable') : encoding;
  }

  get urcPort(): Choice<'urcPort'> {
    // Each twice: its one URC may have been lost.
    const tried = [...URC_PORTS, ...URC_PORTS][this.#silentOpenings];
    return this.capabilities.get('urcPort') ?? tried ?? 'none';
  }

  /** The one to write into commands. */
  get namedUrcPort(): UrcPort {
    return this.urcPort === 'none' ? DEFAULT_URC_PORT : this.urcPort;
  }

  /** A socket is open and no URC has said so: perhaps they go to another port of the modem (3.8). */
  suspectUrcPort(): void {
    if (this.urcsHeard) return;
    this.#silentOpenings++;
    if (this.urcPort === 'none') this.capabilities.learn('urcPort', 'none');
    this.poll.quick = this.urcPort === 'none';
  }

  /** Heard, or known from an earlier run to come. */
  get urcsExpected(): boolean {
    return this.urcsHeard || (this.capabilities.get('urcPort') ?? 'none') !== 'none';
  }

  /** Data wait that no URC has announced: it was lost, or this firmware has none. */
  missedReadUrc(): void {
    if (!this.#readUrcsHeard) this.poll.quick = true;
  }

  /** Only the form of the worked example asks for it. */
  async apn(): Promise<string> {
    if (this.#apn === undefined) {
      const contexts = await this.run(gpp.readContexts).catch(ignoreRefusal);
      this.#apn = contexts?.find(({ cid }) => cid === this.options.cid)?.apn ?? '';
    }
    return this.#apn;
  }

  /** Read once: what sockets without an address of their own show as theirs. */
  async readAddresses(): Promise<void> {
    this.#addresses = (await this.run(gpp.readAddresses(this.options.cid)).catch(ignoreRefusal)) ?? [];
  }

  ownAddress(family: Family): string {
    return this.#addresses.find(own => own.family === family)?.address ?? anywhere(family, 0).address;
  }

  /** Why nothing of this family can be reached, if the network is why. */
  noNetwork(family: Family): Promise<SocketFailure | undefined> {
    return noNetwork(this.at, this.options.cid, family);
  }

  /**
   * Opens a socket, in place of one that can be spared where all are taken: how many there are, only the modem knows.
   * @throws SocketFailure EMFILE …
   */
  withRoom<T>(open: () => Promise<T>): Promise<T> {
    return this.pending.add(this.#withRoom(open));
  }

  async #withRoom<T>(open: () => Promise<T>): Promise<T> {
    if (this.table.full) await this.peers.makeRoom();
    try {
      return await open();
    } catch (error) {
      const isFull = error instanceof SocketFailure && error.code === 'EMFILE';
      if (!isFull || !(await this.peers.makeRoom())) throw error;
      return open();
    }
  }

  /** The modem refuses to open a client in every form. */
  async refusedOpening(family: Family, cause: unknown): Promise<unknown> {
    const noNetwork = await this.noNetwork(family);
    if (noNetwork) return noNetwork;
    return this.table.open > 0 ? this.table.tooMany(cause) : failure(cause, 'ENETUNREACH');
  }

  /** The most bytes of a datagram that goes in hex; tried where it is not known (3.5). */
  get hexBytes(): number {
    return Number(this.capabilities.candidates('hexBytes')[0]);
  }

  /** A modem that has room refuses a piece: unless its form is proven, it is the form. Gives back whether that was news. */
  suspectForm({ data, hex }: Piece): boolean {
    const { capabilities } = this;
    const unknown = capabilities.get(hex ? 'hexBytes' : 'payload') === undefined;
    if (!unknown || (hex && data.length <= qfwd.SAFE_HEX_BYTES)) return false;
    if (hex) capabilities.learn('hexBytes', '512');
    else capabilities.learn('payload', 'hex');
    return true;
  }

  /** A socket that belongs to nobody here. */
  async discard(id: number): Promise<void> {
    await this.named('close', name => qfwd.close(name, id)).catch(() => {
      // Gone already, or the line is.
    });
  }

  /** Aborted with a SocketFailure by `closePorts()`: ends what is only being opened. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** From now on `closePorts()` closes it. @throws SocketFailure ENETDOWN where that is over already */
  add(port: Closable): void {
    this.gone.throwIfAborted();
    this.ports.add(port);
  }

  /** Tells every owner and gives every socket back. Never rejects. */
  async closePorts(error: SocketFailure | undefined): Promise<void> {
    this.poll.stop();
    this.#gone.abort(error ?? new SocketFailure('ENETDOWN', 'the modem was closed'));
    for (const port of this.ports) {
      port.fail(error);
      void port.close();
    }
    await this.pending.settled();
  }

  #dispatch(event: SocketEvent): void {
    if (event.kind === 'incoming') {
      const server = this.table.holder(event.server);
      if (server) server.event(event);
      else void this.discard(event.id);
      return;
    }
    let holder = this.table.holder(event.id);
    // The firmware may have taken another of our numbers for the id (2.1); any other is of a server given up.
    if (!holder && event.kind === 'opened' && event.server && event.id === this.options.cid)
      [holder] = this.openingServers;
    if (holder?.urcPort && event.kind === 'opened' && !this.urcsHeard) {
      this.urcsHeard = true;
      // Not the one that is tried by now: this URC may be late.
      this.capabilities.learn('urcPort', holder.urcPort);
    }
    if (event.kind === 'readable' && !this.#readUrcsHeard) {
      this.#readUrcsHeard = true;
      this.poll.quick = false;
    }
    holder?.event(event);
  }
}

/** Where a socket of any address hears. */
export const anywhere = (family: Family, port: number) => ({
  address: family === 4 ? '0.0.0.0' : '::',
  port,
  family,
});
