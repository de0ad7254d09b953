/** A UDP socket of the modem that knows one peer: a client of ours, or what a server made for a caller. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Datagram, Endpoint } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure } from '../../threegpp/failures.ts';
import * as qfwd from './commands.ts';
import type { QfwdContext } from './context.ts';
import { openSocket } from './opening.ts';
import { type Piece, wholePiece } from './payload.ts';
import { isRefused, nameOf, refusalOnly, Socket } from './socket.ts';

/** A refusal means a full buffer as long as the socket is there; nothing was sent (quectel-qfwd.md 3.6). */
const REFUSED_PAUSES_MS = [100, 400, 1_600];

let uses = 0;

export class UdpConnection {
  readonly peer: Endpoint;
  /** Operations under way: it must not be given up meanwhile. */
  busy = 0;
  /** Grows with each datagram, in or out, of all connections. */
  lastUsed = ++uses;
  readonly #context: QfwdContext;
  readonly #socket: Socket;

  private constructor(context: QfwdContext, peer: Endpoint, readable: () => void, accepted?: number) {
    this.#context = context;
    this.peer = peer;
    this.#socket = new Socket(context, nameOf('udp', peer), { readable }, accepted);
  }

  /** The modem chooses the local port number. @throws SocketFailure */
  static async dial(context: QfwdContext, peer: Endpoint, readable: () => void): Promise<UdpConnection> {
    const connection = new UdpConnection(context, peer, readable);
    await connection.#dial();
    return connection;
  }

  static accepted(context: QfwdContext, id: number, peer: Endpoint, readable: () => void): UdpConnection {
    return new UdpConnection(context, peer, readable, id);
  }

  /** Something may wait to be read. */
  get rung(): boolean {
    return this.#socket.rung;
  }

  /** The modem has closed it; what came before may still be read. */
  get hungUp(): boolean {
    return this.#socket.hungUp;
  }

  /** The modem has closed it, and nothing is left to read. */
  get ended(): boolean {
    return this.#socket.ended || this.#socket.displaced;
  }

  readLocal(): Promise<Endpoint> {
    return this.#socket.readLocal(this.peer.family);
  }

  /** @throws SocketFailure EMSGSIZE, ENOBUFS, ENETDOWN … */
  async send(data: Uint8Array): Promise<void> {
    this.lastUsed = ++uses;
    this.busy++;
    try {
      await this.#send(data);
    } catch (cause) {
      throw failure(cause, 'EIO');
    } finally {
      this.busy--;
    }
  }

  /** @throws AtError */
  async receive(): Promise<Datagram | undefined> {
    this.busy++;
    try {
      const data = await this.#socket.take(qfwd.MAX_BYTES);
      if (data) this.lastUsed = ++uses;
      return data && { data, remote: this.peer };
    } finally {
      this.busy--;
    }
  }

  /** Everything that waits, also what no URC has told of yet. @throws AtError */
  async drain(inbox: Datagram[]): Promise<void> {
    await this.#socket.buffers();
    for (let next = await this.receive(); next; next = await this.receive()) inbox.push(next);
  }

  /** Gives the id back. Never rejects. */
  close(): Promise<void> {
    return this.#socket.close();
  }

  async #dial(): Promise<void> {
    try {
      const request = { kind: 'client', protocol: 'udp', place: this.peer } as const;
      const result = await openSocket(this.#context, this.#socket, request);
      if (result !== 0) throw await this.#unreachable(result);
      this.#socket.watch();
    } catch (cause) {
      await this.close();
      throw isRefused(cause)
        ? await this.#context.refusedOpening(this.peer.family, cause)
        : failure(cause, 'ENETUNREACH');
    }
  }

  async #unreachable(result: number): Promise<SocketFailure> {
    const noNetwork = await this.#context.noNetwork(this.peer.family);
    return noNetwork ?? new SocketFailure('ENETUNREACH', `the modem reports result ${result}`);
  }

  async #send(data: Uint8Array): Promise<void> {
    const pauses = REFUSED_PAUSES_MS.values();
    for (;;) {
      if (!this.#socket.open || this.#socket.hungUp) throw gone(undefined);
      const piece = wholePiece(data, this.#context.payloadForm);
      this.#checkSize(piece);
      const taken = await this.#socket.send(piece).catch(refusalOnly);
      if (taken === data.length) return;
      // Never repeated: a part of it has gone.
      if (typeof taken === 'number' && taken > 0)
        throw new SocketFailure('EIO', `the modem sent ${taken} of ${data.length} bytes`);
      const buffers = await this.#socket.buffers();
      if (!buffers && !(await this.#socket.isListed())) {
        this.#socket.hangUp();
        throw gone(taken);
      }
      const hasRoom = buffers !== undefined && buffers.sendRoom >= data.length;
      if (hasRoom && this.#context.suspectForm(piece)) continue;
      const { value: pauseMs } = pauses.next();
      if (pauseMs === undefined)
        throw new SocketFailure('ENOBUFS', 'the buffer of the modem stays full', { cause: taken });
      await pause(pauseMs);
    }
  }

  #checkSize({ data, hex }: Piece): void {
    const most = hex ? this.#context.hexBytes : qfwd.MAX_BYTES;
    if (data.length > most)
      throw new SocketFailure('EMSGSIZE', `this modem takes such datagrams of up to ${most} bytes`);
  }
}

const gone = (cause: unknown): SocketFailure =>
  new SocketFailure('ENETDOWN', 'the modem has closed the connection', { cause });
