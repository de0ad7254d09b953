/** A UDP association: datagrams of one client on this side, sockets of the modem on the other (RFC 1928 7). */
import dgram, { type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Modem } from '../modem.ts';
import type { AddressRules } from '../util/address-rules.ts';
import { formatDatagram, parseDatagram, type Target } from './messages.ts';

/** Who may use it. */
export interface RelayClient {
  readonly address: string;
  /** 0: known when the first datagram has come. */
  readonly port: number;
}

/** Datagrams that wait for a name or for the modem; what is more than that is lost, as on any busy path. */
const WAITING = 64;

export class UdpRelay {
  readonly #modem: Pick<Modem, 'dgram' | 'dns'>;
  readonly #rules: AddressRules;
  readonly #clientAddress: string;
  #clientPort: number;
  readonly #near: Socket;
  /** One for each family, opened by the first datagram that needs it. */
  readonly #far = new Map<number, Socket>();
  #waiting = 0;
  #closed = false;

  private constructor(
    modem: Pick<Modem, 'dgram' | 'dns'>,
    rules: AddressRules,
    client: RelayClient,
    near: Socket,
  ) {
    this.#modem = modem;
    this.#rules = rules;
    this.#clientAddress = client.address;
    this.#clientPort = client.port;
    this.#near = near;
    near.on('message', (bytes, from) => this.#hear(bytes, from));
    near.on('error', () => {});
  }

  /** @param address of this computer, where the client sends to */
  static async open(
    modem: Pick<Modem, 'dgram' | 'dns'>,
    rules: AddressRules,
    client: RelayClient,
    address: string,
  ): Promise<UdpRelay> {
    const near = dgram.createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    near.bind(0, address);
    await once(near, 'listening');
    return new UdpRelay(modem, rules, client, near);
  }

  get port(): number {
    return this.#near.address().port;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of [this.#near, ...this.#far.values()]) close(socket);
  }

  #hear(bytes: Buffer, { address, port }: RemoteInfo): void {
    if (address !== this.#clientAddress || (this.#clientPort !== 0 && port !== this.#clientPort)) return;
    const datagram = parseDatagram(bytes);
    if (!datagram || this.#waiting === WAITING) return;
    this.#clientPort = port;
    this.#waiting++;
    this.#send(datagram.target, datagram.data)
      // Nobody can be told: a datagram that cannot be sent is lost.
      .catch(() => {})
      .finally(() => {
        this.#waiting--;
      });
  }

  async #send({ host, port }: Target, data: Buffer): Promise<void> {
    const found = await this.#modem.dns.promises.lookup(host, { all: true });
    const peer = found.find(({ address }) => !this.#rules.check(address));
    if (!peer || this.#closed) return;
    const socket = this.#farSocket(peer.family);
    await new Promise<void>(resolve => socket.send(data, port, peer.address, () => resolve()));
  }

  #farSocket(family: number): Socket {
    const open = this.#far.get(family);
    if (open) return open;
    const socket = this.#modem.dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
    this.#far.set(family, socket);
    socket.on('message', (data, { address, port }) => this.#tell(formatDatagram(address, port, data)));
    // The next datagram opens another one.
    socket.on('error', () => close(socket)).on('close', () => this.#far.delete(family));
    return socket;
  }

  #tell(bytes: Buffer): void {
    if (!this.#closed) this.#near.send(bytes, this.#clientPort, this.#clientAddress, () => {});
  }
}

/** The modem may have closed it already. */
function close(socket: Socket): void {
  try {
    socket.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_DGRAM_NOT_RUNNING') throw error;
  }
}
