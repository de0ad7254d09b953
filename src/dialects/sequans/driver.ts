/** The driver of Sequans modems (Monarch 1 and 2). */
import type { AtChannel } from '../../at/channel.ts';
import { ConnectionTable } from '../../driver/connection-table.ts';
import type { ModemDriver, NetworkStatus, SocketLimits, Waiting } from '../../driver/driver.ts';
import type {
  Endpoint,
  Family,
  ListenerEvents,
  PortEvents,
  TcpBinding,
  TcpListener,
  TcpPort,
  UdpBinding,
  UdpPort,
} from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { failure, lossOfLine } from '../../threegpp/failures.ts';
import { bringUp, nameServers, readContextAddresses, readNetwork } from '../../threegpp/network.ts';
import type { DriverOptions, Identity } from '../dialect.ts';
import * as sequans from './commands.ts';
import { SequansContext } from './context.ts';
import { TcpConnection } from './tcp-connection.ts';
import { SequansTcpListener } from './tcp-listener.ts';
import { SequansUdpPort } from './udp.ts';
import { framing, hangup, ring } from './urcs.ts';

export class SequansDriver implements ModemDriver {
  readonly #at: AtChannel;
  readonly #options: DriverOptions;
  readonly #identity: Identity;
  readonly #hex: boolean;
  #context: SequansContext | undefined;
  #limits: SocketLimits = { connections: 0, datagramBytes: 0, smallestDatagramBytes: 1 };

  constructor(at: AtChannel, options: DriverOptions, identity: Identity) {
    this.#at = at;
    this.#options = options;
    this.#identity = identity;
    // Counted payloads carry every byte value, so "auto" is binary (sequans.md 3.6).
    this.#hex = options.encoding === 'hex';
    at.framing = framing(this.#hex);
  }

  get limits(): SocketLimits {
    return this.#limits;
  }

  get connectionsOpen(): number {
    return this.#context?.table.open ?? 0;
  }

  get payload(): { readonly sent: number; readonly received: number } {
    return this.#context?.payload ?? { sent: 0, received: 0 };
  }

  async start(waiting: Waiting = {}): Promise<void> {
    await bringUp(this.#at, { readCard: sequans.readCard, ...this.#options }, waiting);
    let connections = 0;
    this.#context = await SequansContext.create(
      this.#at,
      {
        cid: this.#options.cid,
        hex: this.#hex,
        capabilities: {
          perDatagram: !isMonarch1(this.#identity),
          quotedAddress: true,
          sharedLocalPort: true,
        },
      },
      ids => {
        connections = ids.length;
        return new ConnectionTable(ids);
      },
    );
    const context = this.#context;
    await context.lease.look();
    const { table } = context;
    this.#at.onUrc(ring, ({ id, bytes, data }) => table.ring(id, bytes, data));
    void this.#at.closed.then(cause => context.closePorts(lossOfLine(cause)));
    this.#at.onUrc(hangup, id => table.closed(id));
    this.#limits = { connections, datagramBytes: this.#datagramBytes(), smallestDatagramBytes: 1 };
    waiting.signal?.throwIfAborted();
  }

  async close(): Promise<void> {
    await this.#context?.closePorts(undefined);
  }

  network(): Promise<NetworkStatus> {
    return readNetwork(this.#at, this.#options.cid);
  }

  readAddresses(): Promise<readonly string[]> {
    return readContextAddresses(this.#at, this.#options.cid);
  }

  nameServers(): Promise<readonly string[]> {
    return nameServers(this.#at, this.#options.cid);
  }

  async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    // IPv6 first, as Node's sockets then try it first (reliability F61).
    const families: readonly Family[] = family === 0 ? [6, 4] : [family];
    const found: string[] = [];
    let refusal: unknown;
    for (const each of families) {
      try {
        found.push(...(await this.#at.execute(sequans.lookup(name, each))));
      } catch (cause) {
        const failed = failure(cause, 'ENOTFOUND');
        // That one family could not be asked for says more than that the other is missing.
        if (refusal === undefined || !isMissing(failed)) refusal = failed;
      }
    }
    if (found.length > 0) return found;
    const { code } = refusal instanceof SocketFailure ? refusal : { code: 'ENOTFOUND' };
    if (refusal !== undefined && !(refusal instanceof SocketFailure)) throw refusal;
    throw new SocketFailure(code === 'ENOTFOUND' ? code : 'EAI_AGAIN', `no address for ${name}`, {
      cause: refusal,
    });
  }

  async openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    return SequansUdpPort.open(this.#started(), binding, events);
  }

  async openTcp(remote: Endpoint, events: PortEvents, signal?: AbortSignal): Promise<TcpPort> {
    signal?.throwIfAborted();
    const context = this.#started();
    if (context.table.full) await context.peers.makeRoom();
    const port = new TcpConnection(context, remote);
    await port.dial(signal);
    port.attach(events);
    return port;
  }

  async listenTcp(binding: TcpBinding, events: ListenerEvents): Promise<TcpListener> {
    return SequansTcpListener.open(this.#started(), binding, events);
  }

  #started(): SequansContext {
    if (this.#context) return this.#context;
    throw new SocketFailure('ENETDOWN', 'the modem has not been started');
  }

  /** A bridge with a line limit passes payload and command in separate writes; hex doubles the payload. */
  #datagramBytes(): number {
    const room = Math.floor((this.#options.maxLine ?? Number.POSITIVE_INFINITY) / (this.#hex ? 2 : 1));
    return Math.min(sequans.MAX_BYTES, room);
  }
}

const isMissing = (error: unknown): boolean => error instanceof SocketFailure && error.code === 'ENOTFOUND';

/** Firmware 5.x has no per-datagram addressing (sequans.md 10); where it cannot be told the modem is tried. */
const isMonarch1 = ({ model, revision }: Identity): boolean =>
  /\b(UE|LR)?5\.\d/.test(revision) || /GM01Q|VZM20Q|RYZ014|SQN3330|FiPy|GPy/i.test(model);
