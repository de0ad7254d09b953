/** IPv4 peers in the dress of IPv6, `::ffff:192.0.2.1`: they are reached by IPv4, and shown as the program wrote them. */
import { Address6 } from 'ip-address';
import type { Datagram, Endpoint, Family, PortEvents, UdpBinding, UdpPort } from './port.ts';

/** The IPv4 endpoint inside; undefined for any other. */
export function unmapped({ address, port, family }: Endpoint): Endpoint | undefined {
  if (family === 4 || !/:ffff:/i.test(address)) return undefined;
  const ipv6 = new Address6(address);
  return ipv6.isMapped4() ? { address: ipv6.to4().correctForm(), port, family: 4 } : undefined;
}

/** As an IPv6 socket shows an IPv4 endpoint. */
export const mapped = ({ address, port }: Endpoint): Endpoint => ({
  address: `::ffff:${address}`,
  port,
  family: 6,
});

type Open = (binding: UdpBinding, events: PortEvents) => Promise<UdpPort>;

/**
 * A port for IPv6 that can send to mapped addresses, too: over a second one, for IPv4, which is opened when it is
 * needed and has a port number of its own.
 */
export class DualUdpPort implements UdpPort {
  readonly #open: Open;
  readonly #events: PortEvents;
  readonly #opening = new Map<Family, Promise<UdpPort>>();
  /** Those that are open; the first is the one that the program asked for. */
  readonly #ports = new Map<Family, UdpPort>();
  #local: Endpoint = { address: '::', port: 0, family: 6 };
  #closed = false;

  private constructor(open: Open, events: PortEvents) {
    this.#open = open;
    this.#events = events;
  }

  static async open(open: Open, { port, remote }: UdpBinding, events: PortEvents): Promise<DualUdpPort> {
    const dual = new DualUdpPort(open, events);
    const { local } = await dual.#portFor(remote, port);
    dual.#local = local.family === 6 ? local : { ...dual.#local, port: local.port };
    return dual;
  }

  get local(): Endpoint {
    return this.#local;
  }

  async send(data: Uint8Array, remote: Endpoint): Promise<void> {
    const port = await this.#portFor(remote, 0);
    await port.send(data, unmapped(remote) ?? remote);
  }

  async receive(): Promise<Datagram | undefined> {
    for (const [family, port] of this.#ports) {
      const datagram = await port.receive();
      if (datagram) return family === 6 ? datagram : { ...datagram, remote: mapped(datagram.remote) };
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await Promise.allSettled(this.#opening.values());
    const ports = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.all(ports.map(port => port.close()));
  }

  /** @param port number of a new one */
  #portFor(remote: Endpoint | undefined, port: number): Promise<UdpPort> {
    const ipv4 = remote && unmapped(remote);
    const family = ipv4 ? 4 : 6;
    const to = ipv4 ?? remote;
    const opening = this.#opening.get(family) ?? this.#openFor({ family, port, ...(to && { remote: to }) });
    this.#opening.set(family, opening);
    return opening;
  }

  async #openFor(binding: UdpBinding): Promise<UdpPort> {
    const { family } = binding;
    try {
      const port = await this.#open(binding, {
        readable: () => this.#events.readable(),
        closed: error => this.#lost(family, error),
      });
      this.#ports.set(family, port);
      return port;
    } catch (error) {
      this.#opening.delete(family);
      throw error;
    }
  }

  /** With one of them the whole is gone, told once. A modem that is closed or lost ends the other one by itself. */
  #lost(family: Family, error: Error | undefined): void {
    this.#ports.delete(family);
    this.#opening.delete(family);
    if (this.#closed) return;
    this.#closed = true;
    if (error) setImmediate(() => void this.close());
    this.#events.closed(error);
  }
}
