/** A modem on loopback that can be lost and recovered: what `modem.ts` is to sockets, without AT. */
import type nodeDgram from 'node:dgram';
import type nodeNet from 'node:net';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { createDgram } from '../../../src/sockets/dgram.ts';
import { createDns } from '../../../src/sockets/dns.ts';
import type { DriverSource } from '../../../src/sockets/driver-source.ts';
import { createNet } from '../../../src/sockets/net.ts';
import { LoopbackTcpDriver } from '../../contract/loopback-tcp-driver.ts';

export class RecoverableModem {
  readonly driver: LoopbackTcpDriver;
  readonly dgram: typeof nodeDgram;
  readonly net: typeof nodeNet;
  #state: 'ready' | 'recovering' | 'closed' = 'ready';
  #waiting: (() => void)[] = [];

  constructor(driver = new LoopbackTcpDriver()) {
    this.driver = driver;
    const source: DriverSource = async waitFor => {
      if (waitFor?.recovery && this.#state === 'recovering')
        await new Promise<void>(resolve => this.#waiting.push(resolve));
      if (this.#state !== 'ready') throw new SocketFailure('ENETDOWN', `the modem is ${this.#state}`);
      return driver;
    };
    const services = { driver: source, lookup: createDns(source).lookup };
    this.dgram = createDgram(services);
    this.net = createNet(services);
  }

  async lose(): Promise<void> {
    this.#state = 'recovering';
    await this.driver.lose();
  }

  recover(): void {
    this.#enter('ready');
  }

  /** It will not come back. */
  giveUp(): void {
    this.#enter('closed');
  }

  #enter(state: 'ready' | 'closed'): void {
    this.#state = state;
    for (const tell of this.#waiting.splice(0)) tell();
  }
}
