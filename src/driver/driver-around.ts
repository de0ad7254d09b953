/** What drivers around a driver have in common: what they do not change goes through. */
import type { ModemDriver, NetworkStatus, SocketLimits, Waiting } from './driver.ts';
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
} from './port.ts';

export type OpenTcp = NonNullable<ModemDriver['openTcp']>;
export type ListenTcp = NonNullable<ModemDriver['listenTcp']>;

/** It has TCP and name servers where the driver inside has them. */
export abstract class DriverAround implements ModemDriver {
  readonly openTcp?: OpenTcp;
  readonly listenTcp?: ListenTcp;
  readonly nameServers?: NonNullable<ModemDriver['nameServers']>;
  protected readonly driver: ModemDriver;

  constructor(driver: ModemDriver) {
    this.driver = driver;
    const { openTcp, listenTcp, nameServers } = driver;
    if (openTcp) this.openTcp = (...call) => this.openTcpBy(openTcp.bind(driver), ...call);
    if (listenTcp) this.listenTcp = (...call) => this.listenTcpBy(listenTcp.bind(driver), ...call);
    if (nameServers) this.nameServers = nameServers.bind(driver);
  }

  get limits(): SocketLimits {
    return this.driver.limits;
  }

  get capabilities(): Readonly<Record<string, string>> {
    return this.driver.capabilities ?? {};
  }

  get connectionsOpen(): number {
    return this.driver.connectionsOpen;
  }

  get payload(): { readonly sent: number; readonly received: number } {
    return this.driver.payload;
  }

  start(waiting?: Waiting): Promise<void> {
    return this.driver.start(waiting);
  }

  network(): Promise<NetworkStatus> {
    return this.driver.network();
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  abstract resolve(name: string, family: Family | 0): Promise<readonly string[]>;
  abstract openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort>;
  /** @param openTcp of the driver inside */
  protected abstract openTcpBy(
    openTcp: OpenTcp,
    remote: Endpoint,
    events: PortEvents,
    signal?: AbortSignal,
  ): Promise<TcpPort>;
  /** @param listenTcp of the driver inside */
  protected abstract listenTcpBy(
    listenTcp: ListenTcp,
    binding: TcpBinding,
    events: ListenerEvents,
  ): Promise<TcpListener>;
}
