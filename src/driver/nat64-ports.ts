/** Ports that speak IPv6 below and IPv4 above: the peers are behind NAT64. */
import { type Nat64Prefix, toIpv4, toIpv6 } from './nat64.ts';
import type { Datagram, Endpoint, TcpPort, UdpPort } from './port.ts';
import { SocketFailure } from './socket-failure.ts';

/** There is no address of this side that an IPv4 peer could see. */
const NO_ADDRESS = '0.0.0.0';

/** @throws SocketFailure ENETUNREACH for an address that must not be mapped */
export function throughNat64(prefix: Nat64Prefix, { address, port }: Endpoint): Endpoint {
  const mapped = toIpv6(prefix, address);
  if (mapped !== undefined) return { address: mapped, port, family: 6 };
  throw new SocketFailure(
    'ENETUNREACH',
    `the network gives IPv6 only, and ${address} is nothing that NAT64 (${prefix}) may carry`,
  );
}

export class Nat64UdpPort implements UdpPort {
  readonly #port: UdpPort;
  readonly #prefix: Nat64Prefix;

  constructor(port: UdpPort, prefix: Nat64Prefix) {
    this.#port = port;
    this.#prefix = prefix;
  }

  get local(): Endpoint {
    return withoutAddress(this.#port.local);
  }

  async send(data: Uint8Array, remote: Endpoint): Promise<void> {
    await this.#port.send(data, throughNat64(this.#prefix, remote));
  }

  /** Datagrams of IPv6 peers are thrown away: an IPv4 socket cannot say who sent them. */
  async receive(): Promise<Datagram | undefined> {
    for (;;) {
      const datagram = await this.#port.receive();
      if (!datagram) return undefined;
      const { address, port } = datagram.remote;
      const ipv4 = toIpv4(this.#prefix, address);
      if (ipv4 !== undefined) return { data: datagram.data, remote: { address: ipv4, port, family: 4 } };
    }
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

/** A connection whose ends have other names above than below. */
export class RenamedTcpPort implements TcpPort {
  readonly remote: Endpoint;
  readonly #port: TcpPort;
  readonly #localName: (local: Endpoint) => Endpoint;

  /** @param remote the peer as it was dialled */
  constructor(port: TcpPort, remote: Endpoint, localName: (local: Endpoint) => Endpoint) {
    this.#port = port;
    this.remote = remote;
    this.#localName = localName;
  }

  get local(): Endpoint {
    return this.#localName(this.#port.local);
  }

  send(data: Uint8Array): Promise<number> {
    return this.#port.send(data);
  }

  receive(maxBytes: number): Promise<Buffer | undefined | null> {
    return this.#port.receive(maxBytes);
  }

  drained(): Promise<void> {
    return this.#port.drained();
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

export const withoutAddress = ({ port }: Endpoint): Endpoint => ({ address: NO_ADDRESS, port, family: 4 });
