/** A local UDP port number over sockets that know one peer each: those of callers, and clients to everybody else (quectel-qfwd.md 3.4). */

import type { Spare } from '../../driver/peer-cache.ts';
import type { Datagram, Endpoint, PortEvents, UdpBinding, UdpPort } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { canonicalEndpoint } from '../../threegpp/address.ts';
import { failure, isLineLost } from '../../threegpp/failures.ts';
import { Mutex } from '../../util/mutex.ts';
import { MAX_BYTES } from './commands.ts';
import { anywhere, type QfwdContext } from './context.ts';
import { Server } from './server.ts';
import { UdpConnection } from './udp-connection.ts';

/** Callers whose sockets are kept; the modem states no limit. */
const MOST_CALLERS = 32;

/** How often a peer is dialled for one datagram whose socket the modem closes. */
const TRIES = 2;

export class QfwdUdpPort implements UdpPort {
  local: Endpoint;
  readonly #context: QfwdContext;
  readonly #events: PortEvents;
  readonly #lock = new Mutex();
  #server: Server | undefined;
  /** By peer: who called, from whom an answer goes out at the local port number. */
  readonly #callers = new Map<string, UdpConnection>();
  /** By peer: whom this port talks to first. Each has a local port number of its own (a deviation, listed). */
  readonly #clients = new Map<string, UdpConnection>();
  /** Local port numbers by which this port has sent to itself → the place it was sent to, which is where it came from. */
  readonly #ownPorts = new Map<number, Endpoint>();
  /** Fetched before their connection was given up. */
  readonly #inbox: Datagram[] = [];
  /** Its owner has it: before that nothing may be told. */
  #opened = false;
  #closed = false;
  /** Why it was closed, if its owner has not done it. */
  #cause: SocketFailure | undefined;

  private constructor(context: QfwdContext, binding: UdpBinding, events: PortEvents) {
    this.#context = context;
    this.#events = events;
    this.local = anywhere(binding.family, binding.port);
  }

  /** @throws SocketFailure EADDRINUSE, EMFILE, ENETUNREACH … */
  static async open(context: QfwdContext, binding: UdpBinding, events: PortEvents): Promise<QfwdUdpPort> {
    const udp = new QfwdUdpPort(context, binding, events);
    context.ports.add(udp);
    try {
      await udp.#lock.run(() => udp.#bind(binding));
      if (udp.#closed) throw new SocketFailure('ENETDOWN', 'the modem was closed');
    } catch (error) {
      await udp.close();
      throw error;
    }
    context.peers.add(udp);
    udp.#opened = true;
    if (udp.#rung) setImmediate(() => events.readable());
    return udp;
  }

  async send(data: Uint8Array, to: Endpoint): Promise<void> {
    const remote = canonicalEndpoint(to);
    let connection = this.#connectionTo(remote);
    // Again if its id was given to another port before its turn came; but what the modem closes at once stays closed.
    for (let tries = 0; !connection || (connection.hungUp && tries < TRIES); tries++) {
      await this.#lock.run(() => this.#reach(remote));
      connection = this.#connectionTo(remote);
    }
    return connection.send(data);
  }

  async receive(): Promise<Datagram | undefined> {
    try {
      for (const connection of this.#connections()) {
        const waiting = this.#inbox.shift();
        if (waiting) return this.#fromSelf(waiting);
        const datagram = await connection.receive();
        if (datagram) return this.#fromSelf(datagram);
        if (connection.ended) await this.#drop(connection);
      }
      const waiting = this.#inbox.shift();
      return waiting ? this.#fromSelf(waiting) : await this.#receiveFromAnyone();
    } catch (cause) {
      // The owner hears that the line is gone by `closed()`.
      if (isLineLost(cause)) return undefined;
      throw failure(cause, 'EIO');
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#context.peers.delete(this);
    this.#context.ports.delete(this);
    await this.#context.pending.add(this.#lock.run(() => this.#closeAll()));
  }

  async #closeAll(): Promise<void> {
    await this.#server?.close();
    await Promise.all(this.#connections().map(connection => connection.close()));
    this.#callers.clear();
    this.#clients.clear();
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

  /** The connection this port could do without: never its last, never one that is at work. */
  get spare(): Spare | undefined {
    const connections = this.#connections();
    if (!this.#server && connections.length < 2) return undefined;
    const idle = connections.filter(({ busy }) => busy === 0);
    const [oldest] = idle.sort((a, b) => a.lastUsed - b.lastUsed);
    return oldest && { lastUsed: oldest.lastUsed, giveUp: () => this.#giveUp(oldest) };
  }

  #connections(): UdpConnection[] {
    return [...this.#callers.values(), ...this.#clients.values()];
  }

  #connectionTo(remote: Endpoint): UdpConnection | undefined {
    const key = keyOf(remote);
    return this.#callers.get(key) ?? this.#clients.get(key);
  }

  get #rung(): boolean {
    return this.#inbox.length > 0 || this.#connections().some(({ rung }) => rung);
  }

  /** A port number of one's choice, or ears for everybody: only a server has these. */
  async #bind({ family, port, remote }: UdpBinding): Promise<void> {
    if (remote) {
      if (port !== 0)
        throw new SocketFailure('EOPNOTSUPP', 'the modem chooses the local port number of a client');
      const first = await this.#dial(canonicalEndpoint(remote));
      this.local = await first.readLocal().catch(cause => Promise.reject(failure(cause, 'EIO')));
      return;
    }
    const handlers = {
      joined: (id: number, peer: Endpoint) => this.#called(id, peer),
      readable: this.#readable,
      gone: () => {
        this.fail(new SocketFailure('ECONNRESET', 'the modem has closed the socket'));
        void this.close();
      },
    };
    this.#server = await this.#context.withRoom(() =>
      Server.open(this.#context, 'udp', { family, port }, handlers),
    );
    this.local = this.#server.local;
  }

  readonly #readable = (): void => {
    if (this.#opened) this.#events.readable();
  };

  /** Another may have dialled it while this one waited. */
  async #reach(remote: Endpoint): Promise<void> {
    if (this.#closed) throw this.#cause ?? new SocketFailure('ENOTCONN', 'the socket was closed meanwhile');
    const connection = this.#connectionTo(remote);
    if (connection?.hungUp) await this.#giveUp(connection);
    if (!this.#connectionTo(remote)) await this.#dial(remote);
  }

  async #dial(peer: Endpoint): Promise<UdpConnection> {
    const connection = await this.#context.withRoom(() =>
      UdpConnection.dial(this.#context, peer, this.#readable),
    );
    this.#clients.set(keyOf(peer), connection);
    if (this.#server && peer.port === this.local.port && this.#isOwn(peer))
      this.#ownPorts.set((await connection.readLocal()).port, peer);
    return connection;
  }

  #isOwn({ address, family }: Endpoint): boolean {
    return address === this.#context.ownAddress(family) || address === '::1' || address.startsWith('127.');
  }

  #fromSelf({ data, remote }: Datagram): Datagram {
    const own = this.#isOwn(remote) && this.#ownPorts.get(remote.port);
    return { data, remote: own || remote };
  }

  #called(id: number, peer: Endpoint): void {
    const key = keyOf(peer);
    const before = this.#callers.get(key);
    if (before) void this.#giveUp(before);
    const caller = UdpConnection.accepted(this.#context, id, peer, this.#readable);
    this.#callers.set(key, caller);
    if (this.#callers.size > MOST_CALLERS) {
      const idle = [...this.#callers.values()].filter(({ busy, rung }) => busy === 0 && !rung);
      const [oldest] = idle.sort((a, b) => a.lastUsed - b.lastUsed);
      if (oldest) void this.#giveUp(oldest);
    }
    this.#readable();
  }

  /** Firmware that makes no socket for each sender does not say who it was: no guess, but nobody (model S). */
  async #receiveFromAnyone(): Promise<Datagram | undefined> {
    const data = await this.#server?.socket.take(MAX_BYTES);
    return data && { data, remote: anywhere(this.local.family, 0) };
  }

  /** What cannot be read is lost: another peer needs the id all the same. */
  async #giveUp(connection: UdpConnection): Promise<void> {
    this.#forget(connection);
    await connection.drain(this.#inbox).catch(() => {});
    await connection.close();
    if (this.#inbox.length > 0) this.#readable();
  }

  /** The modem has closed it. Its peer is dialled again at the next send; without any the port is gone. */
  async #drop(connection: UdpConnection): Promise<void> {
    this.#forget(connection);
    await connection.close();
    if (!this.#server && this.#connections().length === 0)
      this.fail(new SocketFailure('ECONNRESET', 'the modem has closed the connection'));
  }

  #forget(connection: UdpConnection): void {
    for (const peers of [this.#callers, this.#clients])
      for (const [key, peer] of peers) if (peer === connection) peers.delete(key);
  }
}

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;
