/** The driver of Quectel modules with socket forwarding. */
import { isIP } from 'node:net';
import type { AtChannel } from '../../at/channel.ts';
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
import { lossOfLine } from '../../threegpp/failures.ts';
import {
  bringUp,
  ignoreRefusal,
  nameServers,
  readContextAddresses,
  readNetwork,
} from '../../threegpp/network.ts';
import type { DriverOptions, Identity } from '../dialect.ts';
import { Capabilities } from './capabilities.ts';
import * as qfwd from './commands.ts';
import { QfwdContext } from './context.ts';
import { probePayloads } from './payload-probe.ts';
import { probeNames } from './probe.ts';
import { TcpConnection } from './tcp-connection.ts';
import { QfwdTcpListener } from './tcp-listener.ts';
import { QfwdUdpPort } from './udp.ts';
import { createFraming } from './urcs.ts';

/** What is still open then is left alone: its id is not used. */
const LOOKS = 4;

/** The manual states no number (quectel-qfwd.md 7.8). Where the modem has fewer, its refusal tells. */
const SOCKETS = 64;

export class QfwdDriver implements ModemDriver {
  readonly #at: AtChannel;
  readonly #options: DriverOptions;
  readonly #capabilities: Capabilities;
  #context: QfwdContext | undefined;

  constructor(at: AtChannel, options: DriverOptions, { revision }: Identity) {
    this.#at = at;
    this.#options = options;
    this.#capabilities = new Capabilities(revision, options.capabilities);
    at.framing = createFraming();
  }

  /** What was learned of this firmware: given to `openModem` again, it spares the search. */
  get capabilities(): Readonly<Record<string, string>> {
    return this.#capabilities.record;
  }

  get limits(): SocketLimits {
    return { connections: SOCKETS, datagramBytes: this.#datagramBytes(), smallestDatagramBytes: 1 };
  }

  get connectionsOpen(): number {
    return this.#context?.table.open ?? 0;
  }

  get payload(): { readonly sent: number; readonly received: number } {
    return this.#context?.payload ?? { sent: 0, received: 0 };
  }

  async start(waiting: Waiting = {}): Promise<void> {
    await bringUp(this.#at, { readCard: qfwd.readCard, ...this.#options }, waiting);
    const context = new QfwdContext(this.#at, this.#options, this.#capabilities, SOCKETS);
    const isKnown = this.#capabilities.isKnown;
    if (!isKnown) await probeNames(context);
    waiting.signal?.throwIfAborted();
    await closeStale(context);
    await context.readAddresses();
    await context.lease.look();
    if (!isKnown) await probePayloads(context);
    this.#context = context;
    void this.#at.closed.then(cause => context.closePorts(lossOfLine(cause)));
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

  /** There is no command for it: the modem resolves only what it connects to. Name servers are asked instead. */
  async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    const found = isIP(name);
    if (found !== 0 && (family === 0 || family === found)) return [name];
    throw new SocketFailure('EOPNOTSUPP', `no address for ${name}: this modem cannot be asked for names`);
  }

  nameServers(): Promise<readonly string[]> {
    return nameServers(this.#at, this.#options.cid);
  }

  async openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    return QfwdUdpPort.open(this.#started(), binding, events);
  }

  async openTcp(remote: Endpoint, events: PortEvents, signal?: AbortSignal): Promise<TcpPort> {
    signal?.throwIfAborted();
    const context = this.#started();
    return context.withRoom(() => TcpConnection.dial(context, remote, events, signal));
  }

  async listenTcp(binding: TcpBinding, events: ListenerEvents): Promise<TcpListener> {
    const context = this.#started();
    return context.withRoom(() => QfwdTcpListener.open(context, binding, events));
  }

  #started(): QfwdContext {
    if (this.#context) return this.#context;
    throw new SocketFailure('ENETDOWN', 'the modem has not been started');
  }

  /** A bridge with a line limit passes payload and command in separate writes; hex doubles the payload. */
  #datagramBytes(): number {
    const room = this.#options.maxLine ?? Number.POSITIVE_INFINITY;
    const context = this.#context;
    if (context?.payloadForm !== 'hex') return Math.min(qfwd.MAX_BYTES, room);
    return Math.min(context.hexBytes, Math.floor((room - 1) / 2));
  }
}

/**
 * Sockets that an earlier program left open (3.1). A close that was refused may have been damaged on its way, and a line
 * of the table lost: it is believed when it was empty twice.
 */
async function closeStale(context: QfwdContext): Promise<void> {
  for (let tries = 0, empty = 0; tries < LOOKS && empty < 2; tries++) {
    const open = await openIds(context);
    context.table.avoid(open);
    for (const id of open) await context.discard(id);
    if (open.length === 0) empty++;
  }
}

async function openIds(context: QfwdContext): Promise<number[]> {
  const servers = (await context.named('server', qfwd.readServers).catch(ignoreRefusal)) ?? [];
  const clients = (await context.run(qfwd.readClients).catch(ignoreRefusal)) ?? [];
  return [...servers, ...clients.map(({ id }) => id)];
}
