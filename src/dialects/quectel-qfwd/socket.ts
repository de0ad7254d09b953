/** One socket of the modem, whatever runs over it: its id, its URCs, its reads and looks, its end. */
import { AtError } from '../../at/at-error.ts';
import type { Command } from '../../at/command.ts';
import type { Endpoint, Family } from '../../driver/port.ts';
import type { Polled } from '../../driver/safety-poll.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { isLineLost } from '../../threegpp/failures.ts';
import { ignoreRefusal } from '../../threegpp/network.ts';
import { deferred } from '../../util/deferred.ts';
import * as qfwd from './commands.ts';
import type { QfwdContext } from './context.ts';
import type { UrcPort } from './forms.ts';
import type { Piece } from './payload.ts';
import type { Holder } from './socket-table.ts';
import type { SocketEvent } from './urcs.ts';

export interface SocketHandlers {
  /** Data wait, or the socket is at its end: `take()` tells. */
  readable?(): void;
  /** Somebody has joined this server. */
  joined?(id: number, remote: Endpoint | undefined): void;
}

export class Socket implements Holder, Polled {
  readonly use: string;
  urcPort: UrcPort | undefined;
  readonly #context: QfwdContext;
  readonly #handlers: SocketHandlers;
  #id: number;
  readonly #outcome = deferred<number>();
  #open = true;
  #displaced = false;
  #hungUp = false;
  /** A URC or a look says that data wait. */
  #rung = false;
  /** Something was read since the modem last said "empty". */
  #unsure = false;
  /** The modem has said that data wait, and no read was answered since. */
  #told = false;
  /** Then a read was refused, and is tried again. */
  #doubted = false;
  /** When a reply last told what waits. */
  #lookedAt = performance.now();
  /** Under way. */
  #look: Promise<qfwd.Buffers | undefined> | undefined;
  #closing: Promise<void> | undefined;
  readonly #pushed: Buffer[] = [];

  /** @param accepted the id that the modem has given to a caller. @throws SocketFailure EMFILE */
  constructor(context: QfwdContext, use: string, handlers: SocketHandlers, accepted?: number) {
    this.#context = context;
    this.use = use;
    this.#handlers = handlers;
    if (accepted === undefined) {
      this.#id = context.table.reserve(this);
    } else {
      this.#id = accepted;
      context.table.adopt(accepted, this);
      // The URC that tells of its first data may have come before this one.
      this.#rung = true;
      this.watch();
    }
  }

  /** What its opening came to: 0 for success. */
  get outcome(): Promise<number> {
    return this.#outcome.promise;
  }

  get id(): number {
    return this.#id;
  }

  /** Until `close()`, and as long as the modem has not given the id to somebody else. */
  get open(): boolean {
    return this.#open && !this.#displaced;
  }

  get lookedAt(): number {
    return this.#lookedAt;
  }

  get displaced(): boolean {
    return this.#displaced;
  }

  /** The modem has said that it is closed; what it sent before may still be read. */
  get hungUp(): boolean {
    return this.#hungUp || this.#displaced;
  }

  /** Something may wait to be read. */
  get rung(): boolean {
    return this.#rung || this.#pushed.length > 0;
  }

  /** Everything was read, and there will be no more. */
  get ended(): boolean {
    return this.#hungUp && !this.rung && !this.#unsure;
  }

  event(event: SocketEvent): void {
    switch (event.kind) {
      case 'opened':
        if (event.id !== this.#id) this.#rename(event.id);
        this.#outcome.resolve(event.result);
        break;
      case 'incoming':
        this.#handlers.joined?.(event.id, event.remote);
        break;
      case 'readable':
        // It is open, then, if the URC that says so was lost.
        this.#outcome.resolve(0);
        this.#told = true;
        this.#ring();
        break;
      case 'closed':
        this.hangUp();
    }
  }

  displace(): void {
    this.#displaced = true;
    this.#context.poll.delete(this);
    this.#handlers.readable?.();
  }

  push(data: Buffer): void {
    this.#pushed.push(data);
    this.#handlers.readable?.();
  }

  /** Never on an id that is or may be somebody else's by now. @throws AtError, SocketFailure ECONNRESET */
  execute<T>(command: Command<T>): Promise<T> {
    return this.#context.run(command, () => this.#checkOpen());
  }

  /** Another id, where this one was refused. */
  renew(): void {
    const { table } = this.#context;
    table.release(this.#id, this);
    // Where there is none left, the old one stays somebody else's.
    this.#id = table.reserve(this);
    this.#displaced = false;
  }

  /** From now on the poll looks after it. */
  watch(): void {
    this.#context.poll.add(this);
  }

  /** The next piece of a stream or the next datagram; undefined if none waits. @throws AtError */
  async take(maxBytes: number): Promise<Buffer | undefined> {
    for (;;) {
      const pushed = this.#pushed.shift();
      if (pushed) return pushed;
      if (!this.open || !(this.#rung || this.#unsure)) return undefined;
      const data = await this.#read(maxBytes);
      if (data) return data;
    }
  }

  /** Hands over a piece and gives how many bytes of it were taken. @throws AtError */
  async send({ data, hex }: Piece): Promise<number> {
    const command = hex ? qfwd.sendHex(this.#id, data) : qfwd.send(this.#id, data);
    const taken = await this.execute(command);
    // Cancelled: this firmware takes some byte of it for something else. Where it does not, the count was lost, and
    // to send again could double the bytes (reliability.md F10).
    if (taken === undefined && !this.#context.suspectForm({ data, hex }))
      throw new AtError('reply', command, 'OK without a count');
    this.#context.payload.sent += taken ?? 0;
    return taken ?? 0;
  }

  /** undefined where the modem refuses to tell. A look that waits for its turn is everybody's. */
  buffers(): Promise<qfwd.Buffers | undefined> {
    this.#look ??= this.#readBuffers().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  #askBuffers(): Promise<qfwd.Buffers | undefined> {
    return this.execute(qfwd.readBuffers(this.#id)).catch(ignoreRefusal);
  }

  async #readBuffers(): Promise<qfwd.Buffers | undefined> {
    const buffers = await this.#askBuffers();
    this.#lookedAt = performance.now();
    if (buffers && buffers.unread > 0) {
      this.#told = true;
      if (!this.#rung) {
        this.#context.missedReadUrc();
        this.#ring();
      }
    }
    return buffers;
  }

  /** Where the peer sees it, as far as the modem's own table tells. @throws AtError */
  async readLocal(family: Family): Promise<Endpoint> {
    const clients = await this.execute(qfwd.readClients).catch(ignoreRefusal);
    const entry = clients?.find(({ id }) => id === this.#id);
    const address = entry?.localAddress ?? this.#context.ownAddress(family);
    return { address, port: entry?.localPort ?? 0, family };
  }

  /** In the modem's own table; it counts as being there where there is no such table. */
  async isListed(): Promise<boolean> {
    const ids = await (this.#handlers.joined ? this.#servers() : this.#clients()).catch(ignoreRefusal);
    return ids?.includes(this.#id) ?? true;
  }

  #servers(): Promise<readonly number[]> {
    return this.#context.named('server', qfwd.readServers, () => this.checkHeld());
  }

  async #clients(): Promise<readonly number[]> {
    const clients = await this.#context.run(qfwd.readClients, () => this.checkHeld());
    return clients.map(({ id }) => id);
  }

  /** Called by the poll. */
  async check(): Promise<void> {
    if (this.#rung || this.#unsure || !this.open || this.#hungUp) return;
    if (!(await this.#exists())) this.hangUp();
  }

  hangUp(): void {
    if (this.#hungUp || !this.#open) return;
    this.#hungUp = true;
    // What came last may not have rung.
    this.#ring();
  }

  /**
   * Gives the id back. Refused or not answered: it was closed already, or the command was damaged on its way, and the
   * modem's own table tells.
   */
  close(): Promise<void> {
    this.#closing ??= this.#context.pending.add(this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#open = false;
    this.#context.poll.delete(this);
    try {
      if (!(await this.#hangUpOnModem()) && (await this.isListed())) await this.#hangUpOnModem();
    } catch {
      // Somebody else has the id, or the line is gone: there is nothing left to do.
    } finally {
      this.#context.table.release(this.#id, this);
    }
  }

  /** @throws SocketFailure ECONNRESET; AtError 'closed' */
  async #hangUpOnModem(): Promise<boolean> {
    const held = (): void => this.checkHeld();
    try {
      await this.#context.named('close', name => qfwd.close(name, this.#id), held);
      return true;
    } catch (cause) {
      if (!(cause instanceof AtError) || isLineLost(cause)) throw cause;
      return false;
    }
  }

  async #read(maxBytes: number): Promise<Buffer | undefined> {
    this.#rung = false;
    const most = Math.min(maxBytes, qfwd.MAX_BYTES);
    const open = (): void => this.#checkOpen();
    const data = await this.#context
      .named('read', name => qfwd.receive(name, this.#id, most), open)
      .then(
        answer => {
          this.#told = false;
          this.#doubted = false;
          return answer;
        },
        cause => this.#emptyIfRefused(cause),
      );
    this.#unsure = data !== undefined;
    this.#lookedAt = performance.now();
    if (data && this.#displaced) {
      // The modem had closed this socket when it gave the id away, so these bytes are the new one's.
      this.#unsure = false;
      this.#context.table.holder(this.#id)?.push(data);
      return undefined;
    }
    this.#context.payload.received += data?.length ?? 0;
    return data;
  }

  /**
   * Nothing there, no such socket, or somebody else's; or the command was damaged on its way, and the modem's own count
   * tells. @throws SocketFailure ECONNRESET: what waits cannot be read
   */
  async #emptyIfRefused(cause: unknown): Promise<undefined> {
    // Its turn came too late, so nothing was read.
    if (!this.open && cause instanceof SocketFailure) return;
    ignoreRefusal(cause);
    if (!this.open) return;
    const unread = (await this.#askBuffers())?.unread;
    if (unread ?? this.#told) {
      if (!this.#doubted) {
        this.#doubted = true;
        this.#rung = true;
        return;
      }
      if (unread) throw new SocketFailure('ECONNRESET', `${unread} bytes that wait cannot be read`);
    }
    if (unread === undefined && !this.#hungUp && !(await this.isListed())) this.#hungUp = true;
  }

  async #exists(): Promise<boolean> {
    return (await this.buffers()) !== undefined || this.isListed();
  }

  #ring(): void {
    this.#rung = true;
    this.#handlers.readable?.();
  }

  #rename(id: number): void {
    this.#context.table.rename(this.#id, id, this);
    this.#id = id;
  }

  #checkOpen(): void {
    this.checkHeld();
    if (!this.#open) throw new SocketFailure('ECONNRESET', 'the socket is closed');
  }

  /** @throws SocketFailure ECONNRESET */
  checkHeld(): void {
    if (this.#displaced)
      throw new SocketFailure('ECONNRESET', 'the modem has given the id to another socket');
  }
}

/** Names a socket by the peer of a client or a caller, or by the place of a server. */
export const nameOf = (protocol: qfwd.Protocol, { address, port }: Endpoint): string =>
  `${protocol.toUpperCase()} ${address}:${port}`;

export const isRefused = (cause: unknown): cause is AtError => cause instanceof AtError && cause.refused;

/** Gives back a refusal as a value. */
export function refusalOnly(cause: unknown): AtError {
  if (!isRefused(cause)) throw cause;
  return cause;
}
