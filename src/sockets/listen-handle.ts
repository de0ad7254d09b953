/** What libuv's listening TCP handle is to Node's servers: a listener of the modem, opened, referenced and closed. */
import { AsyncResource } from 'node:async_hooks';
import { isIP } from 'node:net';
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, Family, TcpListener } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { createHold } from '../util/hold.ts';
import { WILDCARD } from './addresses.ts';
import { checkLocalAddress, TcpHandle } from './tcp-handle.ts';
import type { DriverSource } from './udp-handle.ts';

/** Told in a turn of their own, not after `close()`. */
export interface ListenHandleEvents {
  connection(handle: TcpHandle): void;
  /** The listener is lost; without an error the modem was closed in order. */
  closed(error?: Error): void;
}

export class ListenHandle {
  /** The address asked for, with the port number that the modem gave; undefined until it listens. */
  local: Endpoint | undefined;
  readonly #context = new AsyncResource('TCPSERVERWRAP');
  readonly #hold = createHold();
  readonly #events: ListenHandleEvents;
  #opened: Promise<TcpListener | undefined> = Promise.resolve(undefined);
  #closing: Promise<void> | undefined;

  constructor(events: ListenHandleEvents) {
    this.#events = events;
  }

  /** @param address undefined: whatever the modem has */
  open(
    source: DriverSource,
    address: string | undefined,
    port: number,
    done: (cause?: unknown) => void,
  ): void {
    const opening = this.#open(source, address, port);
    this.#opened = opening.catch(() => undefined);
    opening.then(
      () => this.#later(done),
      cause => this.#later(() => done(cause)),
    );
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

  async #open(source: DriverSource, wanted: string | undefined, port: number): Promise<TcpListener> {
    const driver = await source();
    if (!driver.listenTcp) throw new SocketFailure('EOPNOTSUPP', 'this modem cannot listen');
    const address = wanted ?? WILDCARD[await ownFamily(driver)];
    const family = isIP(address) as Family;
    await checkLocalAddress(driver, address, family);
    const listener = await driver.listenTcp(
      { family, port },
      {
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
      },
    );
    this.local = { address, port: listener.local.port, family };
    return listener;
  }

  /** In a turn of its own, so that what a listener throws is an uncaught exception and stops nothing here. */
  #later(work: () => void, dropped?: () => void): void {
    process.nextTick(() => {
      if (this.#closing) dropped?.();
      else this.#context.runInAsyncScope(work);
    });
  }
}

/** Deviation listen-address: one listener has one family. */
async function ownFamily(driver: ModemDriver): Promise<Family> {
  const { addresses } = await driver.network();
  return addresses.some(address => isIP(address) === 6) && !addresses.some(address => isIP(address) === 4)
    ? 6
    : 4;
}
