/** A TCP connection of the modem as the socket layer sees it: send with flow control, receive by pull. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint, PortEvents, TcpPort } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure } from '../../threegpp/failures.ts';
import { deferred } from '../../util/deferred.ts';
import * as sequans from './commands.ts';
import { Connection, emptyIfRefused, isRefused } from './connection.ts';
import type { SequansContext } from './context.ts';

/** How often a modem is asked that is still dialling, or whose buffer is full: growing, as it takes longer. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Bytes the peer does not acknowledge hold up an orderly end no longer. */
const DRAIN_MS = 30_000;

/** A write to a peer that has gone fails no later than this, though what the peer said last waits unread. */
const UNREAD_MS = 10_000;

const NOWHERE: Endpoint = { address: '0.0.0.0', port: 0, family: 4 };

export class TcpConnection implements TcpPort {
  local = NOWHERE;
  remote: Endpoint;
  readonly #context: SequansContext;
  readonly #connection: Connection;
  readonly #lease: number;
  #events: PortEvents | undefined;
  /** A ring came that no read has answered yet. */
  #rung = false;
  /** Bytes were read since the modem last said "empty". */
  #unsure = false;
  #hungUp = false;
  /** An end was put off because data wait. */
  #doubted = false;
  /** Given to the next reader before anything else: pushed data, which some firmware puts into its ring. */
  readonly #pushed: Buffer[] = [];
  #lost: unknown;
  /** Settles when nothing more can be read or written. */
  readonly #over = deferred();

  /** @param listens it will wait for a caller at `remote`, which is then a place of ours */
  constructor(context: SequansContext, remote: Endpoint, listens = false) {
    this.#context = context;
    this.#lease = context.lease.current;
    this.remote = remote;
    const handlers = {
      ring: (data?: Buffer) => this.#ring(data),
      pending: () => this.#ring(undefined),
      hungUp: () => this.#onHangUp(),
    };
    this.#connection = new Connection(context, `TCP ${remote.address}:${remote.port}`, handlers, listens);
    context.ports.add(this);
  }

  get id(): number {
    return this.#connection.id;
  }

  /** @throws SocketFailure */
  async dial(signal?: AbortSignal): Promise<void> {
    const began = performance.now();
    try {
      // A dial that nobody wants any more would hold up the line for as long as it takes.
      await this.#connection.start(sequans.dialTcp(this.id, this.remote), signal);
      await this.#comeUp(signal);
    } catch (cause) {
      await this.close();
      signal?.throwIfAborted();
      throw await this.#dialFailure(cause, performance.now() - began);
    }
  }

  /** @throws AtError */
  listen(port: number): Promise<void> {
    return this.#connection.start(sequans.listenTcp(this.id, this.remote.family, port));
  }

  /** From waiting to connected, with the caller the modem names. @throws AtError */
  async accept(): Promise<boolean> {
    const status = await this.#connection.status();
    if (status?.state !== sequans.INCOMING || !status.remote) return false;
    this.#rung = false;
    await this.#connection.execute(sequans.accept(this.id));
    this.remote = status.remote;
    this.local = status.local ?? this.local;
    return true;
  }

  /** What was heard before is told in a later turn. */
  attach(events: PortEvents): void {
    this.#events = events;
    if (this.#rung || this.#hungUp || this.#pushed.length > 0) setImmediate(() => events.readable());
  }

  async send(data: Uint8Array): Promise<number> {
    const piece = data.subarray(0, sequans.MAX_BYTES);
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = longer(pauseMs)) {
      this.#checkOpen('EPIPE');
      try {
        await this.#connection.execute(sequans.send(this.id, piece, { hex: this.#context.hex }));
        this.#context.payload.sent += piece.length;
        return piece.length;
      } catch (cause) {
        // No answer: whether the peer gets these bytes is unknown, and repeating them could double them.
        if (!isRefused(cause)) throw this.#fail(failure(cause, 'ECONNRESET'));
        // Refused before the prompt: nothing was taken. Full, as long as the connection is there (sequans.md 5.2).
        if (!(await this.#connection.isUp())) throw await this.#peerGone(cause);
        await pause(pauseMs);
      }
    }
  }

  async receive(maxBytes: number): Promise<Buffer | undefined | null> {
    const pushed = this.#pushed.shift();
    if (pushed) return pushed;
    if (this.#lost) throw this.#lost;
    if (!this.#connection.open) return null;
    try {
      while (this.#rung || this.#unsure || this.#hungUp) {
        const looked = this.#rung || this.#hungUp || (await this.#look()) > 0;
        const data = looked ? await this.#read(maxBytes) : undefined;
        if (data) return data;
        if (!this.#rung && this.#hungUp) {
          const end = await this.#end();
          if (end === null || !this.#rung) return end;
        }
      }
      return undefined;
    } catch (cause) {
      // Reading takes bytes out of the modem: those of a reply that went wrong are lost (reliability.md, finding 2).
      throw this.#fail(failure(cause, 'ECONNRESET'));
    }
  }

  async drained(): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    for (let pauseMs = FIRST_PAUSE_MS; this.#connection.open && !this.#hungUp; pauseMs = longer(pauseMs)) {
      const counters = await this.#connection.execute(sequans.readCounters(this.id)).catch(() => undefined);
      if (!counters?.unacknowledged || performance.now() > deadline) return;
      await pause(pauseMs);
    }
  }

  async close(): Promise<void> {
    this.#over.resolve();
    this.#context.ports.delete(this);
    await this.#connection.close();
  }

  /** The line or the modem is gone. */
  fail(error: SocketFailure | undefined): void {
    this.#context.ports.delete(this);
    this.#lost ??= error;
    this.#over.resolve();
    this.#events?.closed(error);
  }

  /** The result of a dial may come before the connection is up (sequans.md 3.4). @throws SocketFailure */
  async #comeUp(signal: AbortSignal | undefined): Promise<void> {
    let status = await this.#connection.status();
    const early = status?.state === sequans.OPENING;
    for (let pauseMs = FIRST_PAUSE_MS; status?.state === sequans.OPENING; pauseMs = longer(pauseMs)) {
      signal?.throwIfAborted();
      await pause(pauseMs);
      status = await this.#connection.status();
    }
    this.local = status?.local ?? this.local;
    if (status?.state !== sequans.CLOSED) return;
    // It was up if the result came late, or if it has rung: then the peer has closed at once.
    if (early && !this.#rung && this.#pushed.length === 0)
      throw new SocketFailure('ECONNREFUSED', 'the connection did not come up');
    this.#hungUp = true;
  }

  #onHangUp(): void {
    this.#hungUp = true;
    this.#events?.readable();
  }

  #ring(data: Buffer | undefined): void {
    if (data) this.#pushed.push(data);
    else this.#rung = true;
    this.#events?.readable();
  }

  async #read(maxBytes: number): Promise<Buffer | undefined> {
    this.#rung = false;
    const most = Math.min(maxBytes, sequans.MAX_BYTES);
    const received = await this.#connection
      .execute(sequans.receive(this.id, this.#context.hex, most))
      .catch(emptyIfRefused);
    this.#unsure = received !== undefined;
    if (!received) return undefined;
    // A full read leaves more behind, most likely: read on without a look.
    if (received.data.length === most) this.#rung = true;
    this.#context.payload.received += received.data.length;
    return received.data;
  }

  /** Firmware that cannot tell is read until it says 0. */
  async #look(): Promise<number> {
    this.#unsure = false;
    const counters = await this.#connection.execute(sequans.readCounters(this.id)).catch(emptyIfRefused);
    return counters?.buffered ?? 1;
  }

  /** What a write fails with. What the peer said last is read first: an error would throw it away. */
  async #peerGone(cause: unknown): Promise<unknown> {
    this.#onHangUp();
    const counters = await this.#connection.execute(sequans.readCounters(this.id)).catch(() => undefined);
    if (counters?.buffered) await this.#overWithin(UNREAD_MS);
    if (this.#lost) return this.#lost;
    return counters?.unacknowledged
      ? new SocketFailure('ECONNRESET', `the peer closed without taking ${counters.unacknowledged} bytes`, {
          cause,
        })
      : new SocketFailure('EPIPE', 'the peer has closed the connection', { cause });
  }

  async #overWithin(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.#over.promise, late]);
    clearTimeout(timer);
  }

  /** Nothing is left to read and the modem says that it is over: believed if its own table says so too. */
  async #end(): Promise<null | undefined> {
    const status = await this.#connection.status();
    if (status && status.state !== sequans.CLOSED) {
      this.#hungUp = false;
      return undefined;
    }
    const counters = await this.#connection.execute(sequans.readCounters(this.id)).catch(emptyIfRefused);
    if (counters?.buffered && !this.#doubted) {
      // The read that was refused may have been damaged on its way.
      this.#doubted = true;
      this.#rung = true;
      return undefined;
    }
    // A ring came meanwhile: what it tells of is read first.
    if (this.#rung) return undefined;
    // It stays among the ports until its end is certain: should the modem be closed meanwhile, that is no failure.
    await this.#connection.close();
    if (counters?.buffered)
      throw new SocketFailure('ECONNRESET', `${counters.buffered} bytes that wait cannot be read`);
    if (counters?.unacknowledged)
      throw new SocketFailure(
        'ECONNRESET',
        `the peer closed without taking ${counters.unacknowledged} bytes`,
      );
    await this.#context.lease.check(this.#lease);
    await this.close();
    return null;
  }

  #checkOpen(code: 'EPIPE'): void {
    if (this.#lost) throw this.#lost;
    if (!this.#connection.open) throw new SocketFailure(code, 'the connection is closed');
  }

  /** The connection cannot be trusted any more: it ends here. */
  #fail(error: unknown): unknown {
    this.#lost ??= error;
    void this.close();
    return error;
  }

  async #dialFailure(cause: unknown, tookMs: number): Promise<unknown> {
    if (!isRefused(cause)) return failure(cause, 'ECONNREFUSED');
    if (tookMs > sequans.CONNECT_MS * 0.9) return new SocketFailure('ETIMEDOUT', cause.message, { cause });
    const noNetwork = await this.#context.noNetwork(this.remote.family, cause);
    // The modem says no more than "no": most often nobody listens there.
    return noNetwork ?? failure(cause, 'ECONNREFUSED');
  }
}

const longer = (ms: number): number => Math.min(2 * ms, LONGEST_PAUSE_MS);
