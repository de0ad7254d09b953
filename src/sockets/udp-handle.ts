/** What libuv's UDP handle is to Node's sockets: a port of the modem that is opened, used and closed in call order. */
import type { ModemDriver } from '../driver/driver.ts';
import type { Datagram, Endpoint, Family } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { Liveness } from '../util/liveness.ts';
import { Mutex } from '../util/mutex.ts';
import { isAnyInterface, sameEndpoint } from './addresses.ts';
import { openAgain } from './comeback.ts';
import type { DriverSource } from './driver-source.ts';
import { OpenUdpPort } from './open-udp-port.ts';

export interface UdpHandleEvents {
  message(datagram: Datagram): void;
  /** Receiving failed, or the port is lost with the modem: then it will be opened again. */
  failed(error: Error): void;
  /** What was lost cannot be opened again: all is as before `open()`. */
  unbound(error: Error): void;
  /** The modem is closed. */
  closed(): void;
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
  readonly #closing = new AbortController();
  #opened: Promise<OpenUdpPort> | undefined;
  /** Since the port was lost. Resolves when it is open again, or will not be soon. */
  #comeback: Promise<void> | undefined;
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
    this.#opened = this.#driver().then(driver => this.#open(driver, local, remote));
    try {
      await this.#liveness.during(this.#opened);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** Takes its turn after the sends before. @throws SocketFailure */
  async send(data: Buffer, remote: Endpoint): Promise<void> {
    this.queueCount++;
    this.queueBytes += data.length;
    const opened = this.#opened;
    // What waits when the modem is lost fails with it; what comes later may wait for the port to be opened again.
    const usable = this.#comeback ? () => this.#afterComeback() : () => opened ?? notOpen();
    try {
      await this.#liveness.during(this.#sending.run(async () => (await usable()).send(data, remote)));
    } finally {
      this.queueCount--;
      this.queueBytes -= data.length;
    }
  }

  /** Lets the sends before finish, then gives the port back. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.#opened) return;
    await this.#liveness.during(
      this.#sending.run(async () => {
        const opened = await this.#opened?.catch(() => undefined);
        await opened?.close();
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

  async #open(driver: ModemDriver, local: Endpoint, remote: Endpoint | undefined): Promise<OpenUdpPort> {
    const { address, port, family } = local;
    if (!isAnyInterface(address, family) && !(await driver.network()).addresses.includes(address))
      throw new SocketFailure('EADDRNOTAVAIL', `${address} is not an address of the modem`);
    const binding = { family, port, ...(remote && { remote }) };
    const opened = await OpenUdpPort.open(driver, binding, {
      message: datagram => this.#onMessage(datagram),
      failed: error => this.#events.failed(error),
      lost: error => this.#onLost(error, bound, remote),
    });
    const bound = { address, port: opened.local.port, family };
    this.local = bound;
    return opened;
  }

  /** While a lost modem is being recovered, or its network is away for long, this fails at once. */
  async #afterComeback(): Promise<OpenUdpPort> {
    await this.#driver();
    await this.#comeback;
    return this.#opened ?? notOpen();
  }

  #onMessage(datagram: Datagram): void {
    if (!this.peer || sameEndpoint(this.peer, datagram.remote)) this.#events.message(datagram);
  }

  #onLost(error: Error | undefined, local: Endpoint, remote: Endpoint | undefined): void {
    if (!error) {
      this.#events.closed();
      return;
    }
    this.#events.failed(error);
    const comeback = new Promise<void>(known => {
      void this.#comeBack(local, remote, known).finally(() => {
        known();
        // It may have been lost again already.
        if (this.#comeback === comeback) this.#comeback = undefined;
      });
    });
    this.#comeback = comeback;
  }

  async #comeBack(local: Endpoint, remote: Endpoint | undefined, known: () => void): Promise<void> {
    const { signal } = this.#closing;
    try {
      const opened = await openAgain(
        this.#driver,
        (driver, isAway) => {
          this.#opened = this.#openAgain(driver, local, remote);
          if (isAway) known();
          return this.#opened;
        },
        signal,
      );
      if (!opened) this.#events.closed();
    } catch (cause) {
      if (signal.aborted) return;
      this.#forget();
      this.#events.unbound(cause as Error);
    }
  }

  async #openAgain(driver: ModemDriver, local: Endpoint, remote: Endpoint | undefined): Promise<OpenUdpPort> {
    try {
      return await this.#open(driver, local, remote && (this.peer ?? remote));
    } catch (cause) {
      // Whoever only sends has asked for no port number, and not every modem lets a client choose.
      const isPortRefused =
        cause instanceof SocketFailure && (cause.code === 'EADDRINUSE' || cause.code === 'EOPNOTSUPP');
      if (!remote || !isPortRefused) throw cause;
      return this.#open(driver, { ...local, port: 0 }, this.peer ?? remote);
    }
  }

  #forget(): void {
    this.#opened = undefined;
    this.#liveness.update();
  }
}

const notOpen = (): Promise<never> => Promise.reject(new SocketFailure('ENOTCONN', 'the socket is not open'));
