/** A driver around a driver: writes down what the socket layer asks of it. */
import type { ModemDriver } from '../driver/driver.ts';
import { DriverAround, type ListenTcp, type OpenTcp } from '../driver/driver-around.ts';
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

/** Every socket that is opened on it becomes a part of the recording. */
export class WatchedDriver extends DriverAround {
  readonly readAddresses?: NonNullable<ModemDriver['readAddresses']>;
  readonly #recorder: TraceRecorder;
  #names: SocketSummary | undefined;

  constructor(driver: ModemDriver, recorder: TraceRecorder) {
    super(driver);
    this.#recorder = recorder;
    if (driver.readAddresses) this.readAddresses = driver.readAddresses.bind(driver);
  }

  async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    this.#names ??= this.#recorder.socket('names');
    const watch = new Watch(this.#recorder, this.#names);
    watch.asked(`look up ${name}`);
    const addresses = await watch.network(() => this.driver.resolve(name, family));
    watch.told(addresses.join(', '));
    return addresses;
  }

  async openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    const title = `UDP ${binding.port === 0 ? 'any port' : `port ${binding.port}`}`;
    const watch = new Watch(this.#recorder, this.#recorder.socket(title));
    watch.asked(`open ${title}`);
    const port = await watch.modem(() => this.driver.openUdp(binding, watch.events(events)));
    return new WatchedUdpPort(port, watch);
  }

  protected async openTcpBy(
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

  protected async listenTcpBy(
    listenTcp: ListenTcp,
    binding: TcpBinding,
    events: ListenerEvents,
  ): Promise<TcpListener> {
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
