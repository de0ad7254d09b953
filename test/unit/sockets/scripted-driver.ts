/** A driver whose only port does what the test says: for what no real network does on demand. */
import type { ModemDriver, NetworkStatus } from '../../../src/driver/driver.ts';
import type { Datagram, Endpoint, PortEvents, UdpBinding, UdpPort } from '../../../src/driver/port.ts';

export class ScriptedDriver implements ModemDriver, UdpPort {
  readonly limits = { connections: 1, datagramBytes: 1_500, smallestDatagramBytes: 1 } as const;
  readonly connectionsOpen = 1;
  readonly payload = { sent: 0, received: 0 };
  local: Endpoint = { address: '192.0.2.7', port: 4_000, family: 4 };
  /** What waits; an error is thrown instead. */
  readonly inbox: (Datagram | Error)[] = [];
  readonly sent: string[] = [];
  receiveCalls = 0;
  closeCalls = 0;
  /** Most operations of one kind that were ever under way at once. */
  mostSends = 0;
  mostReceives = 0;
  #sends = 0;
  #receives = 0;
  #events: PortEvents | undefined;

  async start(): Promise<void> {}

  async network(): Promise<NetworkStatus> {
    return { registration: 'home', addresses: ['192.0.2.7', '2001:db8::7'] };
  }

  async resolve(): Promise<readonly string[]> {
    return [];
  }

  async openUdp({ port, family }: UdpBinding, events: PortEvents): Promise<UdpPort> {
    this.#events = events;
    this.local = { ...this.local, port: port || this.local.port, family };
    return this;
  }

  async send(data: Uint8Array): Promise<void> {
    this.mostSends = Math.max(this.mostSends, ++this.#sends);
    await new Promise(setImmediate);
    this.sent.push(Buffer.from(data).toString());
    this.#sends--;
  }

  async receive(): Promise<Datagram | undefined> {
    this.receiveCalls++;
    this.mostReceives = Math.max(this.mostReceives, ++this.#receives);
    await new Promise(setImmediate);
    this.#receives--;
    const next = this.inbox.shift();
    if (next instanceof Error) throw next;
    return next;
  }

  async close(): Promise<void> {
    this.closeCalls++;
  }

  arrive(...texts: (string | Error)[]): void {
    for (const text of texts) this.inbox.push(text instanceof Error ? text : datagram(text));
    this.#events?.readable();
  }

  lose(error?: Error): void {
    this.#events?.closed(error);
  }
}

export const PEER: Endpoint = { address: '192.0.2.1', port: 7, family: 4 };

export const datagram = (text: string, remote: Endpoint = PEER): Datagram => ({
  data: Buffer.from(text),
  remote,
});
