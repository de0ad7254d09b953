/** A TCP connection of the modem as the socket layer sees it: send with flow control, receive by pull. */
import { setTimeout as pause } from 'node:timers/promises';
import { AtError } from '../../at/at-error.ts';
import type { Endpoint, PortEvents, TcpPort } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure } from '../../threegpp/failures.ts';
import { deferred } from '../../util/deferred.ts';
import { anywhere, type QfwdContext } from './context.ts';
import { openSocket } from './opening.ts';
import { nextPiece } from './payload.ts';
import { SendCredit } from './send-credit.ts';
import { isRefused, nameOf, refusalOnly, Socket } from './socket.ts';

/** How often a modem is asked whose buffer is full: growing, as it takes longer. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** A peer that refuses does so within a round trip; what takes longer has run into a limit of the modem. */
const REFUSAL_MS = 20_000;

/** Bytes the peer does not take hold up an orderly end no longer. */
const DRAIN_MS = 30_000;

/** Refusals of a modem that has room: then it is the form that it does not take. */
const CONTRADICTIONS = 3;
/** So many, over a quarter of a minute, have no other end. */
const HOPELESS = 30;

export class TcpConnection implements TcpPort {
  local: Endpoint;
  readonly remote: Endpoint;
  readonly #context: QfwdContext;
  readonly #socket: Socket;
  readonly #lease: number;
  readonly #credit: SendCredit;
  #events: PortEvents | undefined;
  /** Bytes were sent that were not seen to leave the modem. */
  #unproven = false;
  #lost: unknown;
  /** Settles when nothing more can be read or written. */
  readonly #over = deferred();

  private constructor(context: QfwdContext, remote: Endpoint, local: Endpoint, accepted?: number) {
    this.#context = context;
    this.#lease = context.lease.current;
    this.remote = remote;
    this.local = local;
    const handlers = { readable: () => this.#events?.readable() };
    this.#socket = new Socket(context, nameOf('tcp', remote), handlers, accepted);
    this.#credit = new SendCredit(this.#socket);
  }

  /** @throws SocketFailure ECONNREFUSED, ETIMEDOUT, EMFILE …; AbortError */
  static async dial(
    context: QfwdContext,
    remote: Endpoint,
    events: PortEvents,
    signal?: AbortSignal,
  ): Promise<TcpConnection> {
    const connection = new TcpConnection(context, remote, anywhere(remote.family, 0));
    await connection.#dial(signal);
    connection.attach(events);
    return connection;
  }

  /** The modem has accepted a caller. */
  static accepted(context: QfwdContext, id: number, remote: Endpoint, local: Endpoint): TcpConnection {
    const connection = new TcpConnection(context, remote, local, id);
    context.ports.add(connection);
    return connection;
  }

  /** What was heard before is told in a later turn. */
  attach(events: PortEvents): void {
    this.#events = events;
    if (this.#socket.rung || this.#socket.hungUp) setImmediate(() => events.readable());
  }

  async send(data: Uint8Array): Promise<number> {
    try {
      return await this.#send(data);
    } catch (cause) {
      // No answer: whether the peer gets these bytes is unknown, and repeating them could double them.
      throw cause instanceof AtError ? this.#fail(failure(cause, 'ECONNRESET')) : cause;
    }
  }

  async receive(maxBytes: number): Promise<Buffer | undefined | null> {
    if (this.#lost) throw this.#lost;
    if (!this.#socket.open && !this.#socket.displaced) return null;
    try {
      const data = await this.#socket.take(maxBytes);
      if (data) return data;
      if (this.#socket.ended) return await this.#end();
      if (!this.#socket.displaced) return undefined;
    } catch (cause) {
      // Reading takes bytes out of the modem: those of a reply that went wrong are lost.
      throw this.#fail(failure(cause, 'ECONNRESET'));
    }
    throw this.#fail(new SocketFailure('ECONNRESET', 'the modem has closed the connection without a word'));
  }

  async drained(): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    for (let pauseMs = FIRST_PAUSE_MS; this.#unproven && !this.#socket.hungUp; pauseMs = longer(pauseMs)) {
      const buffers = this.#socket.open ? await this.#socket.buffers().catch(() => undefined) : undefined;
      if (!buffers?.unsent) {
        this.#unproven = false;
      } else {
        if (performance.now() > deadline) return;
        await pause(pauseMs);
      }
    }
  }

  async close(): Promise<void> {
    this.#over.resolve();
    this.#context.ports.delete(this);
    await this.#socket.close();
  }

  /** The line or the modem is gone. */
  fail(error: SocketFailure | undefined): void {
    this.#context.ports.delete(this);
    this.#lost ??= error;
    this.#over.resolve();
    this.#events?.closed(error);
  }

  async #send(data: Uint8Array): Promise<number> {
    let contradictions = 0;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = longer(pauseMs)) {
      await this.#checkWritable();
      const piece = nextPiece(data, this.#context.payloadForm, this.#credit.most);
      const { length } = piece.data;
      if (await this.#credit.has(length)) {
        const taken = await this.#socket.send(piece).catch(refusalOnly);
        if (typeof taken === 'number') {
          this.#credit.spend(taken, length);
          this.#unproven ||= taken > 0;
          if (taken > 0) return taken;
        } else {
          // Nothing was taken: a full buffer, as long as the socket is there (quectel-qfwd.md 3.6).
          const full = await this.#credit.isFull(length);
          if (!full && !(await this.#socket.isListed())) throw await this.#peerGone(taken);
          if (full === false && ++contradictions === CONTRADICTIONS) this.#context.suspectForm(piece);
          if (contradictions === HOPELESS) throw taken;
        }
      }
      await pause(pauseMs);
    }
  }

  async #dial(signal: AbortSignal | undefined): Promise<void> {
    const began = performance.now();
    try {
      const request = { kind: 'client', protocol: 'tcp', place: this.remote, signal } as const;
      const result = await openSocket(this.#context, this.#socket, request);
      if (result !== 0) throw await this.#dialFailure(`result ${result}`, performance.now() - began);
      this.local = await this.#socket.readLocal(this.remote.family);
      this.#socket.watch();
      // Answers two questions: how much may be sent, and whether the peer has spoken meanwhile.
      await this.#credit.look();
      this.#context.add(this);
    } catch (cause) {
      await this.close();
      throw isRefused(cause)
        ? await this.#context.refusedOpening(this.remote.family, cause)
        : failure(cause, 'EIO');
    }
  }

  async #dialFailure(said: string, tookMs: number): Promise<SocketFailure> {
    if (tookMs > REFUSAL_MS) return new SocketFailure('ETIMEDOUT', `the modem gave up: ${said}`);
    const noNetwork = await this.#context.noNetwork(this.remote.family);
    // The modem says no more than "no": most often nobody listens there.
    return noNetwork ?? new SocketFailure('ECONNREFUSED', `the modem could not connect: ${said}`);
  }

  /** Nothing is left to read, and the modem says that it is over. */
  async #end(): Promise<null> {
    const buffers = this.#unproven ? await this.#socket.buffers() : undefined;
    // It stays among the ports until its end is certain: should the modem be closed meanwhile, that is no failure.
    await this.#socket.close();
    if (buffers?.unsent)
      throw new SocketFailure('ECONNRESET', `the peer closed without taking ${buffers.unsent} bytes`);
    await this.#context.lease.check(this.#lease);
    await this.close();
    return null;
  }

  /** What the peer said last is read first: an error would throw it away. */
  async #checkWritable(): Promise<void> {
    if (this.#lost) throw this.#lost;
    if (!this.#socket.open) throw new SocketFailure('EPIPE', 'the connection is closed');
    if (this.#socket.hungUp) throw await this.#peerGone(undefined);
  }

  async #peerGone(cause: unknown): Promise<unknown> {
    this.#socket.hangUp();
    const buffers = await this.#socket.buffers().catch(() => undefined);
    if (buffers?.unread) await this.#over.promise;
    return this.#lost ?? new SocketFailure('ECONNRESET', 'the peer has closed the connection', { cause });
  }

  /** The connection cannot be trusted any more: it ends here. */
  #fail(error: unknown): unknown {
    this.#lost ??= error;
    void this.close();
    return error;
  }
}

const longer = (ms: number): number => Math.min(2 * ms, LONGEST_PAUSE_MS);
