/** One UDP connection of the modem: open, send, receive until empty, close. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from '../../at/command.ts';
import { cmeNumber } from '../../at/result-code.ts';
import type { Datagram, Endpoint, Family } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure, isLineLost } from '../../threegpp/failures.ts';
import * as sequans from './commands.ts';
import { Connection, emptyIfRefused, isRefused } from './connection.ts';
import type { SequansContext } from './context.ts';

/** A refused prompt means a full buffer, or a modem not ready yet after dialling; nothing was sent (sequans.md 5.2). */
const REFUSED_PAUSES_MS = [100, 400, 1_600];

export interface ConnectionEvents {
  readable(): void;
  /** Never before `dial()` or `listen()` has returned it. */
  closed(connection: UdpConnection): void;
}

let uses = 0;

export class UdpConnection {
  /** The one it was dialled to, or that called in. */
  peer: Endpoint | undefined;
  local: Endpoint;
  /** Commands of this connection under way: it must not be given up meanwhile. */
  busy = 0;
  /** Grows with each datagram, in or out, of all connections. */
  lastUsed = ++uses;
  readonly #context: SequansContext;
  readonly #connection: Connection;
  readonly #events: ConnectionEvents;
  #starting: Promise<void> = Promise.resolve();
  readonly #pushed: Datagram[] = [];
  /** Rings heard that no read has answered yet. */
  #rings = 0;
  /** Bytes that the last look found and no read has fetched yet. */
  #expected = 0;
  /** A read has been made since the modem last said "empty". */
  #unsure = false;
  /** A hang-up came that no look has answered yet. */
  #suspected = false;
  #looking = false;
  /** Anybody's datagrams arrive here, not only the peer's. */
  readonly #anyone: boolean;

  private constructor(
    context: SequansContext,
    events: ConnectionEvents,
    local: Endpoint,
    { peer, anyone = false }: { peer?: Endpoint; anyone?: boolean },
  ) {
    this.#context = context;
    this.#events = events;
    this.local = local;
    this.peer = peer;
    this.#anyone = anyone;
    const handlers = {
      ring: (data?: Buffer) => this.#ring(data),
      // One that was heard of will be read anyway.
      pending: () => this.#rings > 0 || this.#ring(undefined),
      hungUp: () => void this.#suspectClosed(),
    };
    const use = `UDP ${local.port || 'any port'}`;
    this.#connection = new Connection(context, use, handlers, peer === undefined);
  }

  /** Dials `peer` from a local port number; 0: the modem chooses. @throws SocketFailure */
  static async dial(
    context: SequansContext,
    events: ConnectionEvents,
    peer: Endpoint,
    localPort: number,
    remotes: number,
  ): Promise<UdpConnection> {
    const anyone = remotes === sequans.ANY_REMOTE;
    const connection = new UdpConnection(context, events, anywhere(peer.family, localPort), { peer, anyone });
    await connection.#start(sequans.dialUdp(connection.id, peer, localPort, remotes));
    return connection;
  }

  /** Waits for the first datagram of anybody at a local port number. @throws SocketFailure */
  static async listen(
    context: SequansContext,
    events: ConnectionEvents,
    family: Family,
    localPort: number,
  ): Promise<UdpConnection> {
    const connection = new UdpConnection(context, events, anywhere(family, localPort), {});
    await connection.#start(sequans.listenUdp(connection.id, family, localPort));
    return connection;
  }

  get id(): number {
    return this.#connection.id;
  }

  /** Something may wait to be read. */
  get rung(): boolean {
    return this.#rings > 0 || this.#pushed.length > 0;
  }

  /** @param remote names the receiver where the connection takes any; else it goes to the peer */
  async send(data: Uint8Array, remote?: Endpoint): Promise<void> {
    const { hex } = this.#context;
    this.lastUsed = ++uses;
    await this.#use(async () => {
      const pauses = REFUSED_PAUSES_MS.values();
      for (;;) {
        // In a pause the id may have come to another connection: its peer must not get this.
        if (!this.#connection.open) throw new SocketFailure('ENETDOWN', 'the connection was closed');
        try {
          const quoted = this.#context.capabilities.quotedAddress;
          await this.#connection.execute(sequans.send(this.id, data, { hex, remote, quoted }));
          this.#context.payload.sent += data.length;
          return;
        } catch (cause) {
          if (remote && isWrongForm(cause)) throw failure(cause, 'EINVAL');
          const { value: pauseMs } = pauses.next();
          const again = isRefused(cause) && pauseMs !== undefined && (await this.#isOpen());
          if (again) await pause(pauseMs);
          else throw failure(cause, this.#connection.open ? 'ENOBUFS' : 'ENETDOWN');
        }
      }
    });
  }

  /**
   * The next datagram, or undefined if the modem has none. Rings come once for each datagram, or only when the
   * buffer was empty (sequans.md 3.9): so each ring is one read, and "empty" is said only after a look at the
   * modem's counters.
   */
  async receive(): Promise<Datagram | undefined> {
    return this.#use(async () => {
      try {
        for (;;) {
          const pushed = this.#pushed.shift();
          if (pushed) return pushed;
          if (!this.#connection.open) return undefined;
          if (this.#rings > 0 || this.#expected > 0) {
            const datagram = await this.#read();
            if (datagram) return datagram;
          } else if (this.#unsure) {
            this.#unsure = false;
            this.#expected = await this.#look();
          } else {
            return undefined;
          }
        }
      } catch (cause) {
        // The owner hears that the line is gone by `closed()`.
        if (isLineLost(cause)) return undefined;
        throw failure(cause, 'EIO');
      }
    });
  }

  /** Gives the id back. Never rejects. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #start(command: Command): Promise<void> {
    this.#starting = this.#open(command);
    return this.#starting;
  }

  async #open(command: Command): Promise<void> {
    try {
      await this.#connection.start(command);
      this.local = (await this.#connection.status())?.local ?? this.local;
    } catch (cause) {
      await this.close();
      throw failure(cause, 'ENETUNREACH');
    }
  }

  async #read(): Promise<Datagram | undefined> {
    const heard = this.#rings;
    this.#unsure = true;
    const received = await this.#connection
      .execute(sequans.receive(this.id, this.#context.hex))
      .catch(emptyIfRefused);
    if (!received) {
      // Rings of before were doubled or false; one that came meanwhile may be of new data.
      this.#rings -= heard;
      this.#expected = 0;
      this.#unsure = false;
      return undefined;
    }
    if (heard > 0) this.#rings--;
    this.lastUsed = ++uses;
    this.#expected = Math.max(0, this.#expected - received.data.length);
    this.#context.payload.received += received.data.length;
    const remote = received.remote ?? (this.#anyone ? undefined : this.peer);
    if (!remote) {
      // A guess would be worse: the program would answer the wrong one.
      this.#context.capabilities.perDatagram = false;
      throw new SocketFailure('EIO', 'a datagram was dropped: this firmware does not tell who sent it');
    }
    return { data: received.data, remote };
  }

  /** Bytes that wait; firmware that cannot tell is read until it says 0. */
  async #look(): Promise<number> {
    const counters = await this.#connection.execute(sequans.readCounters(this.id)).catch(emptyIfRefused);
    return counters?.buffered ?? 1;
  }

  #ring(data: Buffer | undefined): void {
    if (!data) this.#rings++;
    // Pushed data have no sender, so where anybody may send they are nobody's.
    else if (this.peer && !this.#anyone) this.#pushed.push({ data, remote: this.peer });
    this.#events.readable();
  }

  /**
   * A hang-up may be about an earlier connection of the same id; until this one is up it certainly is. However many
   * come, one look at a time.
   */
  async #suspectClosed(): Promise<void> {
    this.#suspected = true;
    if (this.#looking) return;
    this.#looking = true;
    await this.#starting.catch(() => {});
    while (this.#suspected) {
      this.#suspected = false;
      await this.#isOpen();
    }
    this.#looking = false;
  }

  /** The modem's own table decides: a hang-up can be late, and some firmware never says it (sequans.md 5.4). */
  async #isOpen(): Promise<boolean> {
    const up = this.#connection.open && (await this.#connection.isUp().catch(() => true));
    if (!up && this.#connection.open) {
      this.#connection.abandon();
      this.#events.closed(this);
    }
    return up;
  }

  async #use<T>(work: () => Promise<T>): Promise<T> {
    this.busy++;
    try {
      return await work();
    } finally {
      this.busy--;
    }
  }
}

/** Where a connection hears until the modem says more. */
const anywhere = (family: Family, port: number): Endpoint => ({
  address: family === 4 ? '0.0.0.0' : '::',
  port,
  family,
});

/** The modem does not know the parameters, whatever the state of the connection. */
const isWrongForm = (cause: unknown): boolean =>
  isRefused(cause) && (cause.kind === 'error' || cmeNumber(cause.value) === 50);
