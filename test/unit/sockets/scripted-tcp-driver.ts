/** A driver whose only TCP port does what the test says: for what no real network does on demand. */
import type { ModemDriver, NetworkStatus } from '../../../src/driver/driver.ts';
import type {
  Endpoint,
  ListenerEvents,
  PortEvents,
  TcpBinding,
  TcpListener,
  TcpPort,
  UdpPort,
} from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';

export class ScriptedTcpDriver implements ModemDriver, TcpPort {
  readonly limits = { connections: 6, datagramBytes: 1_500, smallestDatagramBytes: 1 } as const;
  readonly connectionsOpen = 1;
  readonly payload = { sent: 0, received: 0 };
  readonly local: Endpoint = { address: '192.0.2.7', port: 4_000, family: 4 };
  remote: Endpoint = { address: '192.0.2.1', port: 7, family: 4 };
  addresses: readonly string[] = ['192.0.2.7', '2001:db8::7'];
  /** What waits; an error is thrown instead, null is the end. */
  readonly inbox: (Buffer | Error | null)[] = [];
  readonly sent: Buffer[] = [];
  /** How much one send takes. */
  takes = 1_500;
  /** A send waits for this. */
  room: Promise<void> = Promise.resolve();
  /** Opening waits for this. */
  dialled: Promise<void> = Promise.resolve();
  readonly opened: Endpoint[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly listened: TcpBinding[] = [];
  /** Thrown by the next calls of `listenTcp`, one each; undefined: it succeeds. */
  readonly listenFailures: (SocketFailure | undefined)[] = [];
  receiveCalls = 0;
  closeCalls = 0;
  listenerCloseCalls = 0;
  /** Most operations of one kind that were ever under way at once. */
  mostSends = 0;
  mostReceives = 0;
  #sends = 0;
  #receives = 0;
  #events: PortEvents | undefined;
  #listener: ListenerEvents | undefined;

  async start(): Promise<void> {}

  async network(): Promise<NetworkStatus> {
    return { registration: 'home', addresses: this.addresses };
  }

  async resolve(): Promise<readonly string[]> {
    return [];
  }

  async openUdp(): Promise<UdpPort> {
    throw new SocketFailure('EOPNOTSUPP', 'TCP only');
  }

  async openTcp(remote: Endpoint, events: PortEvents, signal?: AbortSignal): Promise<TcpPort> {
    this.opened.push(remote);
    this.signals.push(signal);
    await this.dialled;
    this.#events = events;
    this.remote = remote;
    return this;
  }

  async listenTcp(binding: TcpBinding, events: ListenerEvents): Promise<TcpListener> {
    this.listened.push(binding);
    const refusal = this.listenFailures.shift();
    if (refusal) throw refusal;
    this.#listener = events;
    const close = async (): Promise<void> => {
      this.listenerCloseCalls++;
    };
    return { local: { address: '192.0.2.7', ...binding }, close };
  }

  async send(data: Uint8Array): Promise<number> {
    this.mostSends = Math.max(this.mostSends, ++this.#sends);
    await new Promise(setImmediate);
    await this.room;
    this.#sends--;
    const taken = Buffer.from(data.subarray(0, this.takes));
    this.sent.push(taken);
    return taken.length;
  }

  async receive(maxBytes: number): Promise<Buffer | undefined | null> {
    this.receiveCalls++;
    this.mostReceives = Math.max(this.mostReceives, ++this.#receives);
    await new Promise(setImmediate);
    this.#receives--;
    const next = this.inbox.shift();
    if (next instanceof Error) throw next;
    if (next && next.length > maxBytes) this.inbox.unshift(next.subarray(maxBytes));
    return next?.subarray(0, maxBytes) ?? next;
  }

  async drained(): Promise<void> {}

  async close(): Promise<void> {
    this.closeCalls++;
  }

  arrive(...given: (string | Buffer | Error | null)[]): void {
    for (const each of given) this.inbox.push(typeof each === 'string' ? Buffer.from(each) : each);
    this.#events?.readable();
  }

  lose(error?: Error): void {
    this.#events?.closed(error);
  }

  loseListener(error?: Error): void {
    this.#listener?.closed(error);
  }

  /** Somebody calls. */
  call(): void {
    this.#events = this.#listener?.connection(this);
  }
}
