/** Questions to one name server over one UDP port of the modem. */
import { randomInt } from 'node:crypto';
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, UdpPort } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { createPump } from '../util/pump.ts';
import { Askers, type Exchange } from './exchange.ts';
import type { Question, Response } from './message.ts';
import { sameServer } from './servers.ts';
import type { Limit } from './waiting.ts';

/** A forger has to guess the port number too, so it is drawn here and not by the modem, which may count. */
const FIRST_PORT = 32_768;
const PORT_BEHIND = 65_536;
const PORT_TRIES = 3;

export class UdpExchange implements Exchange {
  readonly #server: Endpoint;
  readonly #askers = new Askers();
  #port: UdpPort | undefined;
  readonly #receive = createPump(() => this.#receiveAll());

  private constructor(server: Endpoint) {
    this.#server = server;
  }

  /** @throws SocketFailure */
  static async open(driver: ModemDriver, server: Endpoint): Promise<UdpExchange> {
    const exchange = new UdpExchange(server);
    exchange.#port = await openPort(driver, server, {
      readable: exchange.#receive,
      closed: error => exchange.#lose(error),
    });
    return exchange;
  }

  ask(question: Question, patienceMs: number, limit: Limit): Promise<Response | 'other-case'> {
    const send = async (): Promise<void> => this.#port?.send(question.message, this.#server);
    return this.#askers.ask(question, send, patienceMs, limit);
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    await port?.close();
  }

  #lose(error: Error | undefined): void {
    this.#port = undefined;
    this.#askers.lose(error ?? new SocketFailure('ENETDOWN', 'the modem was closed'));
  }

  async #receiveAll(): Promise<void> {
    while (this.#port) {
      try {
        const datagram = await this.#port.receive();
        if (!datagram) return;
        // What others say is not heard: the port may be open to anyone.
        if (sameServer(datagram.remote, this.#server)) this.#askers.hear(datagram.data);
      } catch {
        // One datagram may be lost; more may wait, and be announced.
        return;
      }
    }
  }
}

async function openPort(
  driver: ModemDriver,
  remote: Endpoint,
  events: Parameters<ModemDriver['openUdp']>[1],
): Promise<UdpPort> {
  const { family } = remote;
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    try {
      return await driver.openUdp({ family, port: randomInt(FIRST_PORT, PORT_BEHIND), remote }, events);
    } catch (error) {
      if (!(error instanceof SocketFailure && NOT_THIS_NUMBER.has(error.code))) throw error;
    }
  }
  return driver.openUdp({ family, port: 0, remote }, events);
}

/** The number is taken, or the modem does not let anybody choose one. */
const NOT_THIS_NUMBER: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES', 'EINVAL', 'EOPNOTSUPP']);
