/** A local UDP port number over the modem's connections: one for any peer, or one for each. */
import { randomInt } from 'node:crypto';
import type { Spare } from '../../driver/peer-cache.ts';
import type { Datagram, Endpoint, Family, PortEvents, UdpBinding, UdpPort } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { canonicalEndpoint } from '../../threegpp/address.ts';
import { failure, isLineLost } from '../../threegpp/failures.ts';
import { Mutex } from '../../util/mutex.ts';
import * as sequans from './commands.ts';
import type { SequansContext } from './context.ts';
import { type ConnectionEvents, UdpConnection } from './udp-connection.ts';

/**
 * Peers to dial where a port must hear anybody before it knows one; nothing is sent to them. The documentation
 * prefixes of RFC 5737 and RFC 3849, port 9 (discard).
 */
const NOBODY: Readonly<Record<Family, Endpoint>> = {
  4: { address: '192.0.2.1', port: 9, family: 4 },
  6: { address: '2001:db8::1', port: 9, family: 6 },
};

/** Where the modem cannot choose a port number: the dynamic range (RFC 6335). */
const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_TRIES = 3;

export class SequansUdpPort implements UdpPort {
  local: Endpoint;
  readonly #context: SequansContext;
  readonly #events: PortEvents;
  readonly #connectionEvents: ConnectionEvents = {
    readable: () => this.#opened && this.#events.readable(),
    closed: connection => this.#lost(connection),
  };
  readonly #lock = new Mutex();
  readonly #peers = new Map<string, UdpConnection>();
  /** Hears anybody: a connection for any remote, or on older firmware one that waits for its first caller. */
  #open: { readonly connection: UdpConnection; readonly waits: boolean } | undefined;
  /** Older firmware: waits for callers, one after the other. */
  #server = false;
  /** Fetched before their connection was given up. */
  readonly #inbox: Datagram[] = [];
  /** Its owner has it: before that nothing may be told. */
  #opened = false;
  #closed = false;
  /** Why it was closed, if its owner has not done it. */
  #cause: SocketFailure | undefined;

  private constructor(context: SequansContext, family: Family, events: PortEvents) {
    this.#context = context;
    this.#events = events;
    this.local = { address: family === 4 ? '0.0.0.0' : '::', port: 0, family };
  }

  /** @throws SocketFailure EADDRINUSE, EMFILE, ENETUNREACH … */
  static async open(
    context: SequansContext,
    { family, port, remote }: UdpBinding,
    events: PortEvents,
  ): Promise<SequansUdpPort> {
    const udp = new SequansUdpPort(context, family, events);
    context.ports.add(udp);
    try {
      await udp.#lock.run(() => udp.#bind(family, port, remote && canonicalEndpoint(remote)));
      if (udp.#closed) throw new SocketFailure('ENETDOWN', 'the modem was closed');
    } catch (error) {
      await udp.close();
      throw error;
    }
    context.peers.add(udp);
    udp.#opened = true;
    if (udp.#connections().some(({ rung }) => rung)) setImmediate(() => events.readable());
    return udp;
  }

  async send(data: Uint8Array, to: Endpoint): Promise<void> {
    const remote = canonicalEndpoint(to);
    const anyone = this.#open?.waits ? undefined : this.#open?.connection;
    if (anyone && sameEndpoint(anyone.peer, remote)) return anyone.send(data);
    if (anyone && this.#context.capabilities.perDatagram) return this.#sendFrom(anyone, data, remote);
    let connection = this.#peers.get(keyOf(remote));
    // Once more if its id was given to another port before its turn came.
    while (!connection) {
      await this.#lock.run(() => this.#reach(remote));
      connection = this.#peers.get(keyOf(remote));
    }
    return connection.send(data);
  }

  async receive(): Promise<Datagram | undefined> {
    const nameless = await this.#lock.run(() => this.#acceptCaller());
    for (const connection of this.#connections()) {
      const waiting = this.#inbox.shift();
      if (waiting) return waiting;
      // Read before its caller is known, its data would be nobody's. It rings only now: the next look asks for the caller.
      if (this.#open?.waits && connection === this.#open.connection && connection !== nameless) continue;
      const datagram = await connection.receive().catch(error => this.#receiveFailed(error));
      if (datagram) return datagram;
    }
    return this.#inbox.shift();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#context.peers.delete(this);
    this.#context.ports.delete(this);
    await this.#context.pending.add(this.#lock.run(() => this.#closeAll()));
  }

  async #closeAll(): Promise<void> {
    await Promise.all([...this.#connections()].map(connection => connection.close()));
    this.#peers.clear();
    this.#open = undefined;
  }

  /** The connection this port could do without: never its last, never one that is at work. */
  get spare(): Spare | undefined {
    if (this.#connections().length < 2) return undefined;
    const [oldest] = [...this.#peers].filter(([, connection]) => connection.busy === 0).sort(byUse);
    if (!oldest) return undefined;
    const [key, connection] = oldest;
    return {
      lastUsed: connection.lastUsed,
      giveUp: async () => {
        this.#peers.delete(key);
        // What cannot be read is lost: another peer needs the id all the same.
        await this.#drain(connection).catch(() => {});
        await connection.close();
      },
    };
  }

  #connections(): UdpConnection[] {
    return [...(this.#open ? [this.#open.connection] : []), ...this.#peers.values()];
  }

  async #bind(family: Family, port: number, remote: Endpoint | undefined): Promise<void> {
    if (this.#context.capabilities.perDatagram) {
      const first = remote ?? NOBODY[family];
      const connection = await this.#dialAny(first, port);
      if (connection) {
        this.#open = { connection, waits: false };
        this.local = connection.local;
        return;
      }
    }
    if (remote) {
      const connection = await this.#dialPeer(remote, port);
      this.local = connection.local;
    } else {
      await this.#listen(family, port);
      this.#server = true;
    }
  }

  /** undefined if this firmware does not know connections for any remote; remembered. */
  async #dialAny(peer: Endpoint, port: number): Promise<UdpConnection | undefined> {
    try {
      return await this.#dial(peer, port, sequans.ANY_REMOTE);
    } catch (error) {
      if (!(error instanceof SocketFailure && error.code === 'EINVAL')) throw error;
      this.#context.capabilities.perDatagram = false;
      return undefined;
    }
  }

  async #sendFrom(anyone: UdpConnection, data: Uint8Array, remote: Endpoint): Promise<void> {
    const { capabilities } = this.#context;
    const { quotedAddress } = capabilities;
    try {
      return await anyone.send(data, remote);
    } catch (error) {
      if (!(error instanceof SocketFailure && error.code === 'EINVAL')) throw error;
    }
    // Refused before the prompt, so nothing was sent: the other way to write an address, else one id per peer.
    if (quotedAddress) capabilities.quotedAddress = false;
    else capabilities.perDatagram = false;
    return this.send(data, remote);
  }

  /** Firmware that does not tell who sent what: from now on each peer has its own connection. */
  async #receiveFailed(error: unknown): Promise<never> {
    const anyone = this.#open?.waits ? undefined : this.#open?.connection;
    if (anyone && !this.#context.capabilities.perDatagram) {
      await this.#lock.run(async () => {
        // Closed meanwhile, or another reader was quicker.
        if (this.#open?.connection !== anyone) return;
        this.#open = undefined;
        await anyone.close();
        await this.#bind(
          this.local.family,
          this.local.port,
          anyone.peer === NOBODY[this.local.family] ? undefined : anyone.peer,
        );
      });
    }
    throw error;
  }

  /** Another may have dialled it while this one waited. */
  async #reach(remote: Endpoint): Promise<void> {
    if (this.#closed) throw this.#cause ?? new SocketFailure('ENOTCONN', 'the socket was closed meanwhile');
    if (!this.#peers.has(keyOf(remote))) await this.#dialPeer(remote, this.local.port);
  }

  async #dialPeer(remote: Endpoint, port: number): Promise<UdpConnection> {
    const first = this.#connections().length === 0;
    const shared = first || this.#context.capabilities.sharedLocalPort;
    let connection: UdpConnection;
    try {
      connection = await this.#dial(remote, shared ? port : 0, sequans.ONLY_PEER);
    } catch (error) {
      if (first || !shared || !isRefusal(error)) throw error;
      // The peer then sees another source port than the first peer does: a deviation, listed.
      connection = await this.#dial(remote, 0, sequans.ONLY_PEER);
      this.#context.capabilities.sharedLocalPort = false;
    }
    this.#peers.set(keyOf(remote), connection);
    return connection;
  }

  async #dial(peer: Endpoint, port: number, remotes: number): Promise<UdpConnection> {
    if (this.#context.table.full) await this.#context.peers.makeRoom();
    try {
      return await UdpConnection.dial(this.#context, this.#connectionEvents, peer, port, remotes);
    } catch (error) {
      if (port === 0 || !isRefusal(error) || this.#connections().length > 0) throw error;
      throw (await this.#isPortTaken(peer, remotes))
        ? new SocketFailure('EADDRINUSE', `local port ${port} is taken`, { cause: error })
        : error;
    }
  }

  /** The modem says only "no": if it says yes to any other local port, it was the port. */
  async #isPortTaken(peer: Endpoint, remotes: number): Promise<boolean> {
    try {
      const other = await UdpConnection.dial(this.#context, this.#connectionEvents, peer, 0, remotes);
      await other.close();
      return true;
    } catch {
      return false;
    }
  }

  async #listen(family: Family, port: number): Promise<void> {
    if (this.#context.table.full) await this.#context.peers.makeRoom();
    for (let tries = 1; ; tries++) {
      const chosen = port || randomInt(FIRST_DYNAMIC_PORT, 65_536);
      try {
        const connection = await UdpConnection.listen(this.#context, this.#connectionEvents, family, chosen);
        this.#open = { connection, waits: true };
        this.local = connection.local;
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (port === 0 && tries < DYNAMIC_TRIES) continue;
        const taken = new SocketFailure('EADDRINUSE', `local port ${chosen} is taken`, { cause: error });
        throw (await this.#context.noNetwork(family, error)) ?? taken;
      }
    }
  }

  /**
   * Older firmware: the waiting connection becomes that of its first caller, and a new one waits (3.12). Gives back one
   * that has rung although the modem does not know its caller: perhaps its data tell.
   */
  async #acceptCaller(): Promise<UdpConnection | undefined> {
    if (this.#closed || !this.#server) return undefined;
    const rung = this.#open?.connection.rung ? this.#open.connection : undefined;
    let accepted: boolean | undefined;
    try {
      accepted = rung && (await this.#accept(rung));
    } catch (cause) {
      if (isLineLost(cause)) return undefined;
      throw failure(cause, 'EIO');
    }
    if (!this.#open && (accepted || !this.#context.table.full))
      await this.#listen(this.local.family, this.local.port).catch(() => {
        // All ids are taken by others, or the port by its callers: tried again at the next look.
      });
    return accepted ? undefined : rung;
  }

  async #accept(waiting: UdpConnection): Promise<boolean> {
    const status = (await this.#context.status()).find(({ id }) => id === waiting.id);
    if (!status?.remote) return false;
    if (status.state === sequans.INCOMING) await this.#context.at.execute(sequans.accept(waiting.id));
    waiting.peer = status.remote;
    this.#open = undefined;
    const key = keyOf(status.remote);
    await this.#peers.get(key)?.close();
    this.#peers.set(key, waiting);
    await this.#drain(waiting);
    return true;
  }

  async #drain(connection: UdpConnection): Promise<void> {
    for (let next = await connection.receive(); next; next = await connection.receive())
      this.#inbox.push(next);
    if (this.#inbox.length > 0) this.#events.readable();
  }

  /** The modem has closed a connection. A peer is dialled again at the next send; without any the port is gone. */
  #lost(connection: UdpConnection): void {
    if (!this.#connections().includes(connection)) return;
    for (const [key, peer] of this.#peers) if (peer === connection) this.#peers.delete(key);
    if (this.#open?.connection === connection) this.#open = undefined;
    if (this.#connections().length === 0)
      this.fail(new SocketFailure('ECONNRESET', 'the modem has closed the connection'));
  }

  /** Tells the owner that the port is gone. */
  fail(error: SocketFailure | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cause = error ?? new SocketFailure('ENETDOWN', 'the modem was closed');
    this.#context.peers.delete(this);
    this.#context.ports.delete(this);
    if (this.#opened) this.#events.closed(error);
    // What is being dialled at this moment, too.
    void this.close();
  }
}

const byUse = ([, a]: [string, UdpConnection], [, b]: [string, UdpConnection]): number =>
  a.lastUsed - b.lastUsed;

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

const sameEndpoint = (a: Endpoint | undefined, b: Endpoint): boolean =>
  a !== undefined && a.port === b.port && a.address === b.address;

/** The modem said no; a time-out or a lost line is no answer. */
const isRefusal = (error: unknown): boolean =>
  error instanceof SocketFailure && (error.code === 'ENETUNREACH' || error.code === 'EINVAL');
