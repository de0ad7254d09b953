/** Questions to one name server over one TCP connection of the modem: for answers that no datagram holds. */
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, TcpPort } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { Mutex } from '../util/mutex.ts';
import { createPump } from '../util/pump.ts';
import { Askers, type Exchange } from './exchange.ts';
import type { Question, Response } from './message.ts';
import type { Limit } from './waiting.ts';

const READ_BYTES = 1500;
/** Before each message stands its length (RFC 1035 4.2.2). */
const LENGTH_BYTES = 2;

export class TcpExchange implements Exchange {
  readonly #askers = new Askers();
  readonly #sending = new Mutex();
  #port: TcpPort | undefined;
  #waiting = Buffer.alloc(0);
  readonly #receive = createPump(() => this.#receiveAll());

  private constructor() {}

  /** @throws SocketFailure */
  static async open(driver: ModemDriver, server: Endpoint): Promise<TcpExchange> {
    const exchange = new TcpExchange();
    exchange.#port = await driver.openTcp?.(server, {
      readable: exchange.#receive,
      closed: error => exchange.#lose(error),
    });
    if (exchange.#port) return exchange;
    throw new SocketFailure('EOPNOTSUPP', 'the answer needs TCP, which this modem does not have');
  }

  ask(question: Question, patienceMs: number, limit: Limit): Promise<Response | 'other-case'> {
    const send = (): Promise<void> => this.#sending.run(() => this.#send(question.message));
    return this.#askers.ask(question, send, patienceMs, limit);
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    await port?.close();
  }

  async #send(message: Buffer): Promise<void> {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(message.length);
    let rest = Buffer.concat([length, message]);
    while (this.#port && rest.length > 0) rest = rest.subarray(await this.#port.send(rest));
  }

  #lose(error: Error | undefined): void {
    this.#port = undefined;
    this.#askers.lose(error ?? new SocketFailure('ENETDOWN', 'the modem was closed'));
  }

  async #receiveAll(): Promise<void> {
    while (this.#port) {
      try {
        const chunk = await this.#port.receive(READ_BYTES);
        if (chunk === undefined) return;
        if (chunk === null) throw new SocketFailure('ECONNRESET', 'the name server has ended the connection');
        this.#waiting = Buffer.concat([this.#waiting, chunk]);
        this.#deliver();
      } catch (error) {
        this.#askers.lose(error);
        return;
      }
    }
  }

  #deliver(): void {
    while (this.#waiting.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#waiting.readUInt16BE();
      if (this.#waiting.length < end) return;
      this.#askers.hear(this.#waiting.subarray(LENGTH_BYTES, end));
      this.#waiting = this.#waiting.subarray(end);
    }
  }
}
