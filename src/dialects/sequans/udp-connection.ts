/** One UDP connection id of the modem: open, send, receive until empty, close. */
import { setTimeout as pause } from 'node:timers/promises';
import { AtError } from '../../at/at-error.ts';
import type { Command } from '../../at/command.ts';
import { cmeNumber } from '../../at/result-code.ts';
import type { Slot } from '../../driver/connection-table.ts';
import type { Datagram, Endpoint, Family } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import * as sequans from './commands.ts';
import type { SequansContext } from './context.ts';
import { failure } from './failures.ts';

/** A refused prompt means a full buffer, or a modem not ready yet after dialling; nothing was sent (sequans.md 5.2). */
const REFUSED_PAUSES_MS = [100, 400, 1_600];

export interface ConnectionEvents {
  readable(): void;
  closed(): void;
}

export class UdpConnection {
  /** The one it was dialled to, or that called in. */
  peer: Endpoint | undefined;
  local: Endpoint;
  /** Commands of this connection under way: it must not be given up meanwhile. */
  busy = 0;
  readonly #context: SequansContext;
  readonly #slot: Slot;
  readonly #events: ConnectionEvents;
  readonly #pushed: Datagram[] = [];
  /** Rings heard that no read has answered yet. */
  #rings = 0;
  /** Bytes that the last look found and no read has fetched yet. */
  #expected = 0;
  /** A read has been made since the modem last said "empty". */
  #unsure = false;
  /** Anybody's datagrams arrive here, not only the peer's. */
  #anyone = false;
  #open = true;

  private constructor(context: SequansContext, events: ConnectionEvents, family: Family, port: number) {
    this.#context = context;
    this.#events = events;
    this.local = { address: family === 4 ? '0.0.0.0' : '::', port, family };
    this.#slot = context.table.reserve(`UDP ${port || 'any port'}`, {
      ring: (_bytes, data) => this.#ring(data),
      closed: () => void this.#suspectClosed(),
    });
  }

  /** Dials `peer` from a local port number; 0: the modem chooses. @throws SocketFailure */
  static async dial(
    context: SequansContext,
    events: ConnectionEvents,
    peer: Endpoint,
    localPort: number,
    remotes: number,
  ): Promise<UdpConnection> {
    const connection = new UdpConnection(context, events, peer.family, localPort);
    connection.peer = peer;
    connection.#anyone = remotes === sequans.ANY_REMOTE;
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
    const connection = new UdpConnection(context, events, family, localPort);
    await connection.#start(sequans.listenUdp(connection.id, family, localPort));
    return connection;
  }

  get id(): number {
    return this.#slot.connectionId;
  }

  /** Something may wait to be read. */
  get rung(): boolean {
    return this.#rings > 0 || this.#pushed.length > 0;
  }

  /** @param remote names the receiver where the connection takes any; else it goes to the peer */
  async send(data: Uint8Array, remote?: Endpoint): Promise<void> {
    const { hex } = this.#context;
    await this.#use(async () => {
      const pauses = REFUSED_PAUSES_MS.values();
      for (;;) {
        try {
          const quoted = this.#context.capabilities.quotedAddress;
          await this.#execute(sequans.send(this.id, data, { hex, remote, quoted }));
          this.#context.payload.sent += data.length;
          return;
        } catch (cause) {
          if (remote && isWrongForm(cause)) throw failure(cause, 'EINVAL');
          const { value: pauseMs } = pauses.next();
          const again = isRefused(cause) && pauseMs !== undefined && (await this.#isOpen());
          if (!again) throw failure(cause, this.#open ? 'ENOBUFS' : 'ENETDOWN');
          await pause(pauseMs);
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
          if (!this.#open) return undefined;
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
        if (cause instanceof AtError && cause.kind === 'closed') return undefined;
        throw failure(cause, 'EIO');
      }
    });
  }

  /** Gives the id back; the modem's answer does not matter, the next program would close it anyway. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.#execute(sequans.close(this.id));
    } catch {
      // Refused: it was closed already. No answer: the line is being mended or is gone.
    } finally {
      this.#slot.release();
    }
  }

  async #start(command: Command): Promise<void> {
    try {
      await this.#context.configure(this.id);
      await this.#execute(command);
      const status = (await this.#context.status()).find(({ id }) => id === this.id);
      if (status?.local) this.local = status.local;
    } catch (cause) {
      await this.close();
      throw failure(cause, 'ENETUNREACH');
    }
  }

  async #read(): Promise<Datagram | undefined> {
    if (this.#rings > 0) this.#rings--;
    this.#unsure = true;
    const received = await this.#execute(sequans.receive(this.id, this.#context.hex)).catch(emptyIfRefused);
    if (!received) {
      this.#expected = 0;
      this.#unsure = false;
      return undefined;
    }
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
    try {
      return (await this.#execute(sequans.readCounters(this.id))).buffered;
    } catch (cause) {
      emptyIfRefused(cause);
      return 0;
    }
  }

  #ring(data: Buffer | undefined): void {
    if (!data) this.#rings++;
    else if (this.peer) this.#pushed.push({ data, remote: this.peer });
    this.#events.readable();
  }

  /** A hang-up may be about an earlier connection of the same id: the modem's own table decides. */
  async #suspectClosed(): Promise<void> {
    if (!this.#open || (await this.#isOpen().catch(() => true)) || !this.#open) return;
    this.#open = false;
    this.#slot.release();
    this.#events.closed();
  }

  async #isOpen(): Promise<boolean> {
    const status = (await this.#context.status()).find(({ id }) => id === this.id);
    return status?.state !== sequans.CLOSED;
  }

  #execute<T>(command: Command<T>): Promise<T> {
    return this.#context.at.execute(command);
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

const isRefused = (cause: unknown): cause is AtError => cause instanceof AtError && cause.refused;

/** The modem does not know the parameters, whatever the state of the connection. */
const isWrongForm = (cause: unknown): boolean =>
  isRefused(cause) && (cause.kind === 'error' || cmeNumber(cause.value ?? '') === 50);

/** Some firmware refuses to read from an empty buffer instead of saying 0 (sequans.md 3.8). */
function emptyIfRefused(cause: unknown): undefined {
  if (!isRefused(cause)) throw cause;
}
