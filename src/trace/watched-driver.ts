/** A driver around a driver: writes down what the socket layer asks of it. */
import type { ModemDriver, NetworkStatus, SocketLimits, Waiting } from '../driver/driver.ts';
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
} from '../driver/port.ts';
import type { SocketSummary } from './events.ts';
import type { TraceRecorder } from './recorder.ts';
import { nameOf, Watch, WatchedTcpPort, WatchedUdpPort } from './watched-ports.ts';

type OpenTcp = NonNullable<ModemDriver['openTcp']>;
type ListenTcp = NonNullable<ModemDriver['listenTcp']>;

/** Every socket that is opened on it becomes a part of the recording. */
export class WatchedDriver implements ModemDriver {
  readonly openTcp?: OpenTcp;
  readonly listenTcp?: ListenTcp;
  readonly nameServers?: NonNullable<ModemDriver['nameServers']>;
  readonly readAddresses?: NonNullable<ModemDriver['readAddresses']>;
  readonly #driver: ModemDriver;
  readonly #recorder: TraceRecorder;
  #names: SocketSummary | undefined;

  constructor(driver: ModemDriver, recorder: TraceRecorder) {
    this.#driver = driver;
    this.#recorder = recorder;
    const { openTcp, listenTcp, nameServers, readAddresses } = driver;
    if (openTcp) this.openTcp = (...call) => this.#openTcp(openTcp.bind(driver), ...call);
    if (listenTcp) this.listenTcp = (...call) => this.#listenTcp(listenTcp.bind(driver), ...call);
    if (nameServers) this.nameServers = nameServers.bind(driver);
    if (readAddresses) this.readAddresses = readAddresses.bind(driver);
  }

  get limits(): SocketLimits {
    return this.#driver.limits;
  }

  get capabilities(): Readonly<Record<string, string>> {
    return this.#driver.capabilities ?? {};
  }

  get connectionsOpen(): number {
    return this.#driver.connectionsOpen;
  }

  get payload(): { readonly sent: number; readonly received: number } {
    return this.#driver.payload;
  }

  start(waiting?: Waiting): Promise<void> {
    return this.#driver.start(waiting);
  }

  network(): Promise<NetworkStatus> {
    return this.#driver.network();
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    this.#names ??= this.#recorder.socket('names');
    const watch = new Watch(this.#recorder, this.#names);
    watch.asked(`look up ${name}`);
    const addresses = await watch.network(() => this.#driver.resolve(name, family));
    watch.told(addresses.join(', '));
    return addresses;
  }

  async openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    const title = `UDP ${binding.port === 0 ? 'any port' : `port ${binding.port}`}`;
    const watch = new Watch(this.#recorder, this.#recorder.socket(title));
    watch.asked(`open ${title}`);
    const port = await watch.modem(() => this.#driver.openUdp(binding, watch.events(events)));
    return new WatchedUdpPort(port, watch);
  }

  async #openTcp(
    openTcp: OpenTcp,
    remote: Endpoint,
    events: PortEvents,
    signal?: AbortSignal,
  ): Promise<TcpPort> {
    const watch = new Watch(this.#recorder, this.#recorder.socket(`TCP ${nameOf(remote)}`));
    watch.asked(`connect to ${nameOf(remote)}`);
    const port = await watch.network(() => openTcp(remote, watch.events(events), signal));
    watch.told('connected');
    return new WatchedTcpPort(port, watch);
  }

  async #listenTcp(listenTcp: ListenTcp, binding: TcpBinding, events: ListenerEvents): Promise<TcpListener> {
    const title = `TCP server port ${binding.port}`;
    const watch = new Watch(this.#recorder, this.#recorder.socket(title));
    watch.asked(`listen on port ${binding.port}`);
    return watch.modem(() =>
      listenTcp(binding, {
        connection: port => this.#accept(port, events),
        closed: error => events.closed(error),
      }),
    );
  }

  #accept(port: TcpPort, events: ListenerEvents): PortEvents {
    const caller = nameOf(port.remote);
    const watch = new Watch(this.#recorder, this.#recorder.socket(`TCP caller ${caller}`));
    watch.arrived('a call');
    watch.told(`${caller} calls`);
    return watch.events(events.connection(new WatchedTcpPort(port, watch)));
  }
}
