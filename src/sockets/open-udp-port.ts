/** One opening of a UDP port: what is heard by it and sent through it, until it is lost or closed. */
import type { ModemDriver } from '../driver/driver.ts';
import type { Datagram, Endpoint, UdpBinding, UdpPort } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';

export interface OpenUdpPortEvents {
  message(datagram: Datagram): void;
  /** Receiving failed. */
  failed(error: Error): void;
  /** Without an error the modem was closed in order. */
  lost(error: Error | undefined): void;
}

export class OpenUdpPort {
  readonly #driver: ModemDriver;
  readonly #events: OpenUdpPortEvents;
  readonly #port: UdpPort;
  #gone: Error | undefined;
  #receiving = false;
  #readable = false;

  private constructor(driver: ModemDriver, port: UdpPort, events: OpenUdpPortEvents) {
    this.#driver = driver;
    this.#port = port;
    this.#events = events;
  }

  static async open(
    driver: ModemDriver,
    binding: UdpBinding,
    events: OpenUdpPortEvents,
  ): Promise<OpenUdpPort> {
    const port = await driver.openUdp(binding, {
      readable: () => opened.#onReadable(),
      closed: error => opened.#onClosed(error),
    });
    const opened = new OpenUdpPort(driver, port, events);
    return opened;
  }

  get local(): Endpoint {
    return this.#port.local;
  }

  /** @throws SocketFailure */
  async send(data: Buffer, remote: Endpoint): Promise<void> {
    checkSize(data, this.#driver);
    if (this.#gone) throw this.#gone;
    await this.#port.send(data, remote);
  }

  async close(): Promise<void> {
    if (this.#gone) return;
    this.#gone = new SocketFailure('ENETDOWN', 'the socket was closed');
    await this.#port.close();
  }

  #onReadable(): void {
    this.#readable = true;
    if (!this.#receiving) void this.#receive();
  }

  #onClosed(error: Error | undefined): void {
    this.#gone = error ?? new SocketFailure('ENETDOWN', 'the modem was closed');
    this.#events.lost(error);
  }

  async #receive(): Promise<void> {
    this.#receiving = true;
    let failures = 0;
    let datagram: Datagram | undefined;
    do {
      // Said before this look: the look answers it. Said while it runs: one look more.
      this.#readable = false;
      try {
        datagram = await this.#port.receive();
        failures = 0;
        if (datagram) this.#events.message(datagram);
      } catch (error) {
        // One datagram may be lost while others wait; twice in a row, only the modem can say that there is more.
        failures++;
        this.#events.failed(error as Error);
      }
    } while (!this.#gone && failures < 2 && (datagram || failures || this.#readable));
    this.#receiving = false;
  }
}

function checkSize(data: Buffer, { limits }: ModemDriver): void {
  if (data.length > limits.datagramBytes)
    throw new SocketFailure('EMSGSIZE', `the modem takes datagrams of up to ${limits.datagramBytes} bytes`);
  if (data.length < limits.smallestDatagramBytes)
    throw new SocketFailure('EOPNOTSUPP', 'the modem cannot send an empty datagram');
}
