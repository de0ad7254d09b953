/** What libuv's UDP handle is to Node's sockets: a port of the modem that is opened, used and closed in call order. */
import type { ModemDriver } from '../driver/driver.ts';
import type { Datagram, Endpoint, Family, UdpPort } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { Liveness } from '../util/liveness.ts';
import { Mutex } from '../util/mutex.ts';
import { isAnyInterface, sameEndpoint } from './addresses.ts';

/** Where sockets get their modem from: resolves when it is ready. Called at each opening. */
export type DriverSource = () => Promise<ModemDriver>;

export interface UdpHandleEvents {
  message(datagram: Datagram): void;
  /** Receiving failed, or the port is lost. */
  failed(error: Error): void;
  /** The modem was closed in order. */
  closed(): void;
}

interface Opened {
  readonly driver: ModemDriver;
  readonly port: UdpPort;
}

export class UdpHandle {
  readonly family: Family;
  /** The address asked for, with the port number that the modem gave. */
  local: Endpoint | undefined;
  /** Set by `connect()`: datagrams of others are thrown away, as the kernel does. */
  peer: Endpoint | undefined;
  /** Datagrams taken by `send()` that the modem has not taken yet, and their bytes. */
  queueCount = 0;
  queueBytes = 0;
  readonly #driver: DriverSource;
  readonly #events: UdpHandleEvents;
  readonly #sending = new Mutex();
  #opened: Promise<Opened> | undefined;
  #gone: Error | undefined;
  #receiving = false;
  #readable = false;
  #closed = false;
  /** Until it is opened a socket does not keep Node's process alive. */
  readonly #liveness = new Liveness(wantsRef => wantsRef && this.#opened !== undefined);

  constructor(driver: DriverSource, family: Family, events: UdpHandleEvents) {
    this.#driver = driver;
    this.family = family;
    this.#events = events;
  }

  /**
   * @param local what the program wants to bind to
   * @param remote whom it is about to talk to
   * @throws SocketFailure; then it may be tried again
   */
  async open(local: Endpoint, remote: Endpoint | undefined): Promise<void> {
    this.#gone = undefined;
    this.#opened = this.#open(local, remote);
    try {
      await this.#liveness.during(this.#opened);
    } catch (error) {
      this.#opened = undefined;
      this.#liveness.update();
      throw error;
    }
  }

  /** Takes its turn after the sends before. @throws SocketFailure */
  async send(data: Buffer, remote: Endpoint): Promise<void> {
    this.queueCount++;
    this.queueBytes += data.length;
    const opened = this.#opened;
    try {
      await this.#liveness.during(
        this.#sending.run(async () => {
          const { driver, port } = await live(opened);
          checkSize(data, driver);
          if (this.#gone) throw this.#gone;
          await port.send(data, remote);
        }),
      );
    } finally {
      this.queueCount--;
      this.queueBytes -= data.length;
    }
  }

  /** Lets the sends before finish, then gives the port back. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = this.#opened;
    if (!opened) return;
    await this.#liveness.during(
      this.#sending.run(async () => {
        const port = await opened.then(
          ({ port }) => port,
          () => undefined,
        );
        if (!this.#gone) await port?.close();
      }),
    );
    this.#liveness.release();
  }

  ref(): void {
    this.#liveness.ref();
  }

  unref(): void {
    this.#liveness.unref();
  }

  async #open({ address, port, family }: Endpoint, remote: Endpoint | undefined): Promise<Opened> {
    const driver = await this.#driver();
    if (!isAnyInterface(address, family) && !(await driver.network()).addresses.includes(address))
      throw new SocketFailure('EADDRNOTAVAIL', `${address} is not an address of the modem`);
    const opened = await driver.openUdp(
      { family, port, ...(remote && { remote }) },
      { readable: () => this.#onReadable(), closed: error => this.#onClosed(error) },
    );
    this.local = { address, port: opened.local.port, family };
    return { driver, port: opened };
  }

  #onReadable(): void {
    this.#readable = true;
    if (!this.#receiving) void this.#receive();
  }

  #onClosed(error: Error | undefined): void {
    this.#gone = error ?? new SocketFailure('ENETDOWN', 'the modem was closed');
    if (error) this.#events.failed(error);
    else this.#events.closed();
  }

  async #receive(): Promise<void> {
    this.#receiving = true;
    const { port } = await live(this.#opened);
    let failures = 0;
    let datagram: Datagram | undefined;
    do {
      // Said before this look: the look answers it. Said while it runs: one look more.
      this.#readable = false;
      try {
        datagram = await port.receive();
        failures = 0;
        if (datagram && (!this.peer || sameEndpoint(this.peer, datagram.remote)))
          this.#events.message(datagram);
      } catch (error) {
        // One datagram may be lost while others wait; twice in a row, only the modem can say that there is more.
        failures++;
        this.#events.failed(error as Error);
      }
    } while (!this.#closed && !this.#gone && failures < 2 && (datagram || failures || this.#readable));
    this.#receiving = false;
  }
}

async function live(opened: Promise<Opened> | undefined): Promise<Opened> {
  return opened ?? Promise.reject(new SocketFailure('ENOTCONN', 'the socket is not open'));
}

function checkSize(data: Buffer, { limits }: ModemDriver): void {
  if (data.length > limits.datagramBytes)
    throw new SocketFailure('EMSGSIZE', `the modem takes datagrams of up to ${limits.datagramBytes} bytes`);
  if (data.length < limits.smallestDatagramBytes)
    throw new SocketFailure('EOPNOTSUPP', 'the modem cannot send an empty datagram');
}
