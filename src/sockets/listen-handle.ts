/** What libuv's listening TCP handle is to Node's servers: a listener of the modem, opened, referenced and closed. */
import { AsyncResource } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, Family, ListenerEvents, PortEvents, TcpListener, TcpPort } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { createHold } from '../util/hold.ts';
import { WILDCARD } from './addresses.ts';
import { openAgain } from './comeback.ts';
import type { DriverSource } from './driver-source.ts';
import { checkLocalAddress, TcpHandle } from './tcp-handle.ts';

/** The part of the dynamic range (RFC 6335) that Linux gives to no outgoing connection: a free number, most likely. */
const FIRST_DYNAMIC_PORT = 61_000;
const DYNAMIC_TRIES = 5;

/** Told in a turn of their own, not after `close()`. */
export interface ListenHandleEvents {
  connection(handle: TcpHandle): void;
  /** It listens no more. With an error: it was lost with the modem, and the recovered one does not give it back. */
  closed(error?: Error): void;
}

export class ListenHandle {
  /** What was asked for, then what the modem gave. */
  local: Endpoint;
  readonly #source: DriverSource;
  readonly #anyAddress: boolean;
  /** Until the first opening: then others know the number. */
  #anyPort: boolean;
  readonly #events: ListenHandleEvents;
  readonly #context = new AsyncResource('TCPSERVERWRAP');
  readonly #hold = createHold();
  #opened: Promise<readonly TcpListener[]> = Promise.resolve([]);
  #closing: Promise<void> | undefined;
  /** Aborted by `close()`. */
  readonly #wanted = new AbortController();

  /**
   * @param address undefined: whatever the modem has
   * @param port 0: any. One is chosen here and now, since programs ask for it right after `listen()`.
   */
  constructor(source: DriverSource, address: string | undefined, port: number, events: ListenHandleEvents) {
    this.#source = source;
    this.#anyAddress = address === undefined;
    this.#anyPort = port === 0;
    this.#events = events;
    const place = address ?? WILDCARD[6];
    this.local = { address: place, port: port || dynamicPort(), family: isIP(place) as Family };
  }

  /** Resolves when it listens or has failed to; `done` says which. */
  open(done: (cause?: unknown) => void): Promise<unknown> {
    const opening = this.#source().then(driver => this.#open(driver));
    this.#opened = opening.catch(() => []);
    opening.then(
      () => this.#later(done),
      cause => this.#later(() => done(cause)),
    );
    return this.#opened;
  }

  /** Resolves when the port number is free again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  async #close(): Promise<void> {
    this.#wanted.abort();
    const listeners = await this.#opened;
    await closeAll(listeners);
    this.#hold.release();
  }

  async #open(driver: ModemDriver): Promise<readonly TcpListener[]> {
    if (!driver.listenTcp) throw new SocketFailure('EOPNOTSUPP', 'this modem cannot listen');
    const { address, family } = this.local;
    if (!this.#anyAddress) await checkLocalAddress(driver, address, family);
    const families = this.#anyAddress ? await familiesOf(driver) : [family];
    for (let tries = 1; ; tries++) {
      try {
        const listeners = await this.#listen(driver, families);
        this.#anyPort = false;
        return listeners;
      } catch (cause) {
        if (!hasCode(cause, 'EADDRINUSE') || !this.#anyPort || tries === DYNAMIC_TRIES) throw cause;
        this.local = { ...this.local, port: dynamicPort() };
      }
    }
  }

  /** A listener of the modem has one family. For the second one there may be no room (deviation listen-address). */
  async #listen(driver: ModemDriver, families: readonly Family[]): Promise<readonly TcpListener[]> {
    const listeners: TcpListener[] = [];
    let lost = false;
    const events: ListenerEvents = {
      connection: port => this.#accept(port),
      closed: error => {
        // The families are lost together.
        if (lost) return;
        lost = true;
        if (error) void this.#comeBack();
        else this.#later(() => this.#events.closed());
      },
    };
    const { port } = this.local;
    try {
      for (const family of families) {
        const listener = await driver.listenTcp?.({ family, port }, events);
        if (listener) listeners.push(listener);
      }
    } catch (cause) {
      if (listeners.length === 0 || !hasCode(cause, 'EMFILE')) {
        await closeAll(listeners);
        throw cause;
      }
    }
    const family = families[listeners.length - 1];
    if (this.#anyAddress && family) this.local = { address: WILDCARD[family], port, family };
    return listeners;
  }

  #accept(port: TcpPort): PortEvents {
    const handle = new TcpHandle();
    this.#later(
      () => this.#events.connection(handle),
      // As the system does with what waits in the backlog.
      () => handle.close(() => {}),
    );
    return handle.accept(port, this.#anyAddress ? undefined : this.local.address);
  }

  /** Nobody is told unless it fails: a listener of Node does not hear that the network was away, either. */
  async #comeBack(): Promise<void> {
    const { signal } = this.#wanted;
    const before = this.#opened;
    const open = (driver: ModemDriver): Promise<readonly TcpListener[]> => {
      const opening = before.then(closeAll).then(() => this.#open(driver));
      this.#opened = opening.catch(() => []);
      return opening;
    };
    try {
      if (!(await openAgain(this.#source, open, signal))) this.#later(() => this.#events.closed());
    } catch (cause) {
      this.#later(() => this.#events.closed(cause as Error));
    }
  }

  /** In a turn of its own, so that what a listener throws is an uncaught exception and stops nothing here. */
  #later(work: () => void, dropped?: () => void): void {
    process.nextTick(() => {
      if (this.#closing) dropped?.();
      else this.#context.runInAsyncScope(work);
    });
  }
}

/** IPv4 first: what there is room for if there is room for one. */
async function familiesOf(driver: ModemDriver): Promise<readonly Family[]> {
  const { addresses } = await driver.network();
  const families = ([4, 6] as const).filter(family => addresses.some(address => isIP(address) === family));
  return families.length > 0 ? families : [4];
}

const hasCode = (cause: unknown, code: string): boolean =>
  cause instanceof SocketFailure && cause.code === code;

async function closeAll(listeners: readonly TcpListener[]): Promise<void> {
  await Promise.all(listeners.map(listener => listener.close()));
}

const dynamicPort = (): number => randomInt(FIRST_DYNAMIC_PORT, 65_536);
