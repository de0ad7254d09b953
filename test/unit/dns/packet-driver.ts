/** A ModemDriver whose network is a function: what is sent to a server, and what comes back, from whom and when. */
import type { ModemDriver, NetworkStatus } from '../../../src/driver/driver.ts';
import type {
  Datagram,
  Endpoint,
  Family,
  PortEvents,
  TcpPort,
  UdpBinding,
  UdpPort,
} from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';

export interface Sent {
  readonly message: Buffer;
  readonly to: Endpoint;
  readonly from: Endpoint;
  readonly overTcp: boolean;
}

/** Datagrams that come back, from the server itself unless it says who; on TCP only the data count. */
export type Network = (sent: Sent) => readonly (Buffer | Datagram)[];

export interface PacketOptions {
  readonly datagramBytes?: number;
  readonly addresses?: readonly string[];
  readonly nameServers?: readonly string[];
  readonly nat64?: string;
}

export class PacketDriver implements ModemDriver {
  readonly limits;
  readonly payload = { sent: 0, received: 0 };
  readonly openings: UdpBinding[] = [];
  readonly sent: Sent[] = [];
  readonly #network: Network;
  readonly #options: PacketOptions;
  /** Called before each opening; may throw. */
  beforeOpening: (binding: { readonly remote: Endpoint; readonly port: number }) => void | Promise<void> =
    () => {};
  contextAddresses: readonly string[] = ['198.51.100.1'];
  connectionsOpen = 0;
  mostOpen = 0;

  constructor(network: Network, options: PacketOptions = {}) {
    this.#network = network;
    this.#options = options;
    this.limits = {
      connections: 6,
      datagramBytes: options.datagramBytes ?? 1500,
      smallestDatagramBytes: 1,
    } as const;
  }

  async start(): Promise<void> {}

  async network(): Promise<NetworkStatus> {
    return { registration: 'home', addresses: this.#options.addresses ?? ['198.51.100.1'] };
  }

  async nameServers(): Promise<readonly string[]> {
    return this.#options.nameServers ?? [];
  }

  async nat64Prefix(): Promise<string | undefined> {
    return this.#options.nat64;
  }

  async resolve(_name: string, _family: Family | 0): Promise<readonly string[]> {
    throw new SocketFailure('EOPNOTSUPP', 'this modem has no resolver');
  }

  async openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    const { remote, port, family } = binding;
    this.openings.push(binding);
    if (remote) await this.beforeOpening({ remote, port });
    const inbox: Datagram[] = [];
    const local: Endpoint = { address: '198.51.100.1', port, family };
    const release = this.#count();
    return {
      local,
      send: async (data, to) => {
        for (const answer of this.#ask(data, to, local, false))
          inbox.push(Buffer.isBuffer(answer) ? { data: answer, remote: to } : answer);
        if (inbox.length > 0) queueMicrotask(() => events.readable());
      },
      receive: async () => inbox.shift(),
      close: async () => release(),
    };
  }

  async openTcp(remote: Endpoint, events: PortEvents): Promise<TcpPort> {
    await this.beforeOpening({ remote, port: 0 });
    const release = this.#count();
    const local: Endpoint = { address: '198.51.100.1', port: 40_000, family: remote.family };
    let asked = Buffer.alloc(0);
    let answers = Buffer.alloc(0);
    return {
      local,
      remote,
      // In small parts, as modems do.
      send: async data => {
        const part = Buffer.from(data).subarray(0, 7);
        asked = Buffer.concat([asked, part]);
        if (asked.length >= 2 && asked.length === 2 + asked.readUInt16BE()) {
          for (const answer of this.#ask(asked.subarray(2), remote, local, true)) {
            const bytes = Buffer.isBuffer(answer) ? answer : answer.data;
            const length = Buffer.alloc(2);
            length.writeUInt16BE(bytes.length);
            answers = Buffer.concat([answers, length, bytes]);
          }
          asked = Buffer.alloc(0);
          queueMicrotask(() => events.readable());
        }
        return part.length;
      },
      receive: async () => {
        const part = answers.subarray(0, 5);
        answers = answers.subarray(5);
        return part.length > 0 ? part : undefined;
      },
      drained: async () => {},
      close: async () => release(),
    };
  }

  async close(): Promise<void> {}

  #ask(data: Uint8Array, to: Endpoint, from: Endpoint, overTcp: boolean): readonly (Buffer | Datagram)[] {
    const sent = { message: Buffer.from(data), to, from, overTcp };
    this.sent.push(sent);
    return this.#network(sent);
  }

  #count(): () => void {
    this.connectionsOpen++;
    this.mostOpen = Math.max(this.mostOpen, this.connectionsOpen);
    return () => {
      this.connectionsOpen--;
    };
  }
}
