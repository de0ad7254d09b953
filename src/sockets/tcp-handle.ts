/** What libuv's TCP handle is to Node's sockets: one connection of the modem, opened, read, written and closed. */
import { AsyncResource } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, Family, PortEvents, TcpPort } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { Liveness } from '../util/liveness.ts';
import { isAnyInterface } from './addresses.ts';
import type { DriverSource } from './driver-source.ts';

/** After `finish()`: how long the peer may keep silent before both directions are closed (deviation half-close). */
export const QUIET_MS = 100;
/** The same where the program expects an answer, or does not read. */
export const HALF_CLOSE_MS = 10_000;
/** Between that and 'end': no peer could answer sooner, so where both ends are on one modem the other hears it first. */
const ECHO_MS = 50;

/** Told to the owner of a handle, each in a turn of its own and in the async context in which the handle was made. */
export interface TcpHandleEvents {
  /** The most bytes the next read may bring. */
  room(): number;
  /** Gives back whether there may be more. */
  data(chunk: Buffer): boolean;
  end(): void;
  /** Reading failed, or the connection is lost. */
  failed(error: Error): void;
  /** The modem was closed in order. */
  closed(): void;
  /** The modem took bytes. */
  progress(): void;
}

export class TcpHandle {
  bytesRead = 0;
  bytesWritten = 0;
  readonly #context = new AsyncResource('TCPWRAP');
  readonly #liveness = new Liveness(wantsRef => this.#holdsProcess(wantsRef));
  #attempt = new AbortController();
  #owner: TcpHandleEvents | undefined;
  #port: TcpPort | undefined;
  #localAddress: string | undefined;
  #portClosed: Promise<void> | undefined;
  /** The owner wants data. */
  #reading = false;
  /** A `receive()` is under way. */
  #receiving = false;
  /** There may be something to read. */
  #readable = true;
  /** Nothing more will be read. */
  #ended = false;
  #closed = false;
  /** The write under way. */
  #written: ((cause?: unknown) => void) | undefined;
  /** Set by `finish()`. */
  #quietMs: number | undefined;
  #quiet: NodeJS.Timeout | undefined;

  own(owner: TcpHandleEvents): void {
    this.#owner = owner;
  }

  get local(): Endpoint | undefined {
    const local = this.#port?.local;
    return local && { ...local, address: this.#localAddress ?? local.address };
  }

  get remote(): Endpoint | undefined {
    return this.#port?.remote;
  }

  /**
   * An earlier attempt is given up.
   * @param opened not called any more after another `open()` or `close()`
   */
  open(
    source: DriverSource,
    remote: Endpoint,
    localAddress: string | undefined,
    opened: (cause?: unknown) => void,
  ): void {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const tell = (cause?: unknown): void => this.#later(() => signal.aborted || opened(cause));
    this.#liveness.during(this.#open(source, remote, localAddress, signal)).then(() => tell(), tell);
  }

  /**
   * A connection that came in.
   * @param localAddress what its server was bound to
   */
  accept(port: TcpPort, localAddress: string | undefined): PortEvents {
    this.#port = port;
    this.#localAddress = localAddress;
    return this.#portEvents(this.#attempt.signal);
  }

  readStart(): void {
    this.#reading = true;
    this.#liveness.update();
    this.#pump();
  }

  readStop(): void {
    this.#reading = false;
    this.#liveness.update();
  }

  /** One at a time. `written` is called once: when the modem has taken everything, on failure, or by `close()`. */
  write(data: Buffer, written: (cause?: unknown) => void): void {
    this.bytesWritten += data.length;
    this.#written = written;
    this.#liveness.during(this.#send(data)).then(
      () => this.#settleWrite(),
      cause => this.#settleWrite(cause),
    );
  }

  /**
   * After the last write: resolves when the peer has everything. Modems cannot end one direction alone, so what
   * still comes is read until the peer ends or has been silent for `quietMs`; then both directions end.
   */
  async finish(quietMs: number): Promise<void> {
    await this.#liveness.during(this.#port?.drained());
    this.#quietMs = quietMs;
    this.#awaitQuiet();
  }

  close(closed: () => void): void {
    this.#closed = true;
    clearTimeout(this.#quiet);
    this.#attempt.abort();
    this.#settleWrite();
    void this.#liveness.during(this.#closePort()).then(() => {
      this.#liveness.release();
      // As the callbacks of libuv's closing handles: after what is due in this turn.
      setImmediate(() => this.#context.runInAsyncScope(closed));
    });
  }

  ref(): void {
    this.#liveness.ref();
  }

  unref(): void {
    this.#liveness.unref();
  }

  async #open(
    source: DriverSource,
    remote: Endpoint,
    localAddress: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const driver = await source();
    if (!driver.openTcp) throw new SocketFailure('EOPNOTSUPP', 'this modem has no TCP');
    if (localAddress) await checkLocalAddress(driver, localAddress, remote.family);
    // Nobody listens there, and no modem takes it.
    if (remote.port === 0) throw new SocketFailure('ECONNREFUSED', 'there is no port 0');
    signal.throwIfAborted();
    const port = await driver.openTcp(remote, this.#portEvents(signal), signal);
    if (signal.aborted) await port.close();
    else this.#port = port;
  }

  #portEvents(signal: AbortSignal): PortEvents {
    return {
      readable: () => {
        this.#readable = true;
        this.#pump();
      },
      closed: error => {
        if (signal.aborted) return;
        this.#portClosed = Promise.resolve();
        this.#end();
        this.#later(() => (error ? this.#owner?.failed(error) : this.#owner?.closed()));
      },
    };
  }

  #pump(): void {
    if (!this.#port || this.#receiving || !this.#wantsMore()) return;
    this.#receiving = true;
    clearTimeout(this.#quiet);
    void this.#receive(this.#port);
  }

  #wantsMore(): boolean {
    return this.#reading && this.#readable && !this.#ended && !this.#closed;
  }

  async #receive(port: TcpPort): Promise<void> {
    while (this.#wantsMore()) {
      // Said before this look: the look answers it. Said while it runs: one look more.
      this.#readable = false;
      try {
        const chunk = await port.receive(this.#owner?.room() ?? 0);
        if (chunk !== undefined) await this.#deliver(chunk);
      } catch (cause) {
        this.#end();
        this.#later(() => this.#owner?.failed(cause as Error));
      }
    }
    this.#receiving = false;
    this.#awaitQuiet();
  }

  async #deliver(chunk: Buffer | null): Promise<void> {
    this.#readable = true;
    if (chunk === null) {
      this.#end();
      this.#later(() => this.#owner?.end());
      return;
    }
    this.bytesRead += chunk.length;
    await new Promise<void>(resolve => {
      this.#later(() => {
        // Before the listeners: one that throws must not stop the reading of a program that lives on.
        resolve();
        if (!this.#owner?.data(chunk)) this.readStop();
      }, resolve);
    });
  }

  async #send(data: Buffer): Promise<void> {
    for (let taken = 0; taken < data.length && !this.#closed; this.#owner?.progress())
      taken += (await this.#port?.send(data.subarray(taken))) ?? 0;
  }

  #settleWrite(cause?: unknown): void {
    const written = this.#written;
    this.#written = undefined;
    if (written) process.nextTick(written, cause);
  }

  #awaitQuiet(): void {
    clearTimeout(this.#quiet);
    this.#liveness.update();
    if (this.#quietMs === undefined || this.#receiving || this.#ended || this.#closed) return;
    // Who does not read is given time: what waits in the modem is lost by closing.
    const ms = this.#reading ? this.#quietMs : HALF_CLOSE_MS;
    this.#quiet = setTimeout(() => void this.#hangUp(), ms).unref();
  }

  async #hangUp(): Promise<void> {
    const unread = this.#readable;
    this.#end();
    await this.#liveness.during(this.#closePort().then(() => pause(ECHO_MS)));
    this.#later(() => {
      if (unread) this.#owner?.failed(new SocketFailure('ECONNRESET', 'closed before everything was read'));
      else this.#owner?.end();
    });
  }

  #end(): void {
    this.#ended = true;
    this.#quietMs = undefined;
    this.#liveness.update();
  }

  /** As libuv's handles: one that neither reads nor does anything else keeps no process alive. */
  #holdsProcess(wantsRef: boolean): boolean {
    const isEnding = this.#quietMs !== undefined;
    return isEnding || (wantsRef && this.#reading && !this.#ended && this.#port !== undefined);
  }

  #closePort(): Promise<void> {
    this.#portClosed ??= this.#port?.close();
    return this.#portClosed ?? Promise.resolve();
  }

  /** In a turn of its own, so that what a listener throws is an uncaught exception and stops nothing here. */
  #later(work: () => void, dropped?: () => void): void {
    process.nextTick(() => {
      if (this.#closed) dropped?.();
      else this.#context.runInAsyncScope(work);
    });
  }
}

/** @throws SocketFailure EADDRNOTAVAIL */
export async function checkLocalAddress(driver: ModemDriver, address: string, family: Family): Promise<void> {
  if (!isAnyInterface(address, family) && !(await driver.network()).addresses.includes(address))
    throw new SocketFailure('EADDRNOTAVAIL', `${address} is not an address of the modem`);
}
