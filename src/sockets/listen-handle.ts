/** What libuv's listening TCP handle is to Node's servers: a listener of the modem, opened, referenced and closed. */
import { AsyncResource } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, Family, ListenerEvents, TcpListener } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { createHold } from '../util/hold.ts';
import { WILDCARD } from './addresses.ts';
import { checkLocalAddress, TcpHandle } from './tcp-handle.ts';
import type { DriverSource } from './udp-handle.ts';

/** The part of the dynamic range (RFC 6335) that Linux gives to no outgoing connection: a free number, most likely. */
const FIRST_DYNAMIC_PORT = 61_000;
const DYNAMIC_TRIES = 5;

/** Told in a turn of their own, not after `close()`. */
export interface ListenHandleEvents {
  connection(handle: TcpHandle): void;
  /** The listener is lost; without an error the modem was closed in order. */
  closed(error?: Error): void;
}

export class ListenHandle {
  /** What was asked for, then what the modem gave. */
  local: Endpoint;
  readonly #anyAddress: boolean;
  readonly #anyPort: boolean;
  readonly #events: ListenHandleEvents;
  readonly #context = new AsyncResource('TCPSERVERWRAP');
  readonly #hold = createHold();
  #opened: Promise<TcpListener | undefined> = Promise.resolve(undefined);
  #closing: Promise<void> | undefined;

  /**
   * @param address undefined: whatever the modem has
   * @param port 0: any. One is chosen here and now, since programs ask for it right after `listen()`.
   */
  constructor(address: string | undefined, port: number, events: ListenHandleEvents) {
    this.#anyAddress = address === undefined;
    this.#anyPort = port === 0;
    this.#events = events;
    this.local = {
      address: address ?? WILDCARD[4],
      port: port || dynamicPort(),
      family: isIP(address ?? WILDCARD[4]) as Family,
    };
  }

  /** Resolves when it listens or has failed to; `done` says which. */
  open(source: DriverSource, done: (cause?: unknown) => void): Promise<unknown> {
    const opening = this.#open(source);
    this.#opened = opening.catch(() => undefined);
    opening.then(
      () => this.#later(done),
      cause => this.#later(() => done(cause)),
    );
    return this.#opened;
  }

  /** Resolves when the port number is free again. */
  close(): Promise<void> {
    this.#closing ??= this.#opened.then(listener => listener?.close()).then(() => this.#hold.release());
    return this.#closing;
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  async #open(source: DriverSource): Promise<TcpListener> {
    const driver = await source();
    if (!driver.listenTcp) throw new SocketFailure('EOPNOTSUPP', 'this modem cannot listen');
    if (this.#anyAddress) await this.#chooseFamily(driver);
    else await checkLocalAddress(driver, this.local.address, this.local.family);
    for (let tries = 1; ; tries++) {
      try {
        return await driver.listenTcp(this.local, this.#listenerEvents());
      } catch (cause) {
        const taken = cause instanceof SocketFailure && cause.code === 'EADDRINUSE';
        if (!taken || !this.#anyPort || tries === DYNAMIC_TRIES) throw cause;
        this.local = { ...this.local, port: dynamicPort() };
      }
    }
  }

  /** Deviation listen-address: one listener has one family. */
  async #chooseFamily(driver: ModemDriver): Promise<void> {
    const { addresses } = await driver.network();
    const families = new Set(addresses.map(isIP));
    if (families.has(6) && !families.has(4)) this.local = { ...this.local, address: WILDCARD[6], family: 6 };
  }

  #listenerEvents(): ListenerEvents {
    return {
      connection: incoming => {
        const handle = new TcpHandle();
        this.#later(
          () => this.#events.connection(handle),
          // As the system does with what waits in the backlog.
          () => handle.close(() => {}),
        );
        return handle.accept(incoming);
      },
      closed: error => {
        this.#opened = Promise.resolve(undefined);
        this.#later(() => this.#events.closed(error));
      },
    };
  }

  /** In a turn of its own, so that what a listener throws is an uncaught exception and stops nothing here. */
  #later(work: () => void, dropped?: () => void): void {
    process.nextTick(() => {
      if (this.#closing) dropped?.();
      else this.#context.runInAsyncScope(work);
    });
  }
}

const dynamicPort = (): number => randomInt(FIRST_DYNAMIC_PORT, 65_536);
