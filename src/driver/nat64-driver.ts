/** A driver around a driver: it knows which families the network gives, and carries IPv4 where there is IPv6 only. */
import { isIP } from 'node:net';
import type { ModemDriver, NetworkStatus, Waiting } from './driver.ts';
import { DriverAround, type ListenTcp, type OpenTcp } from './driver-around.ts';
import { DualUdpPort, mapped, unmapped } from './mapped-ports.ts';
import type { Nat64Prefix } from './nat64.ts';
import { Nat64UdpPort, RenamedTcpPort, throughNat64, withoutAddress } from './nat64-ports.ts';
import type { PrefixSource } from './nat64-prefix.ts';
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
import { SocketFailure } from './socket-failure.ts';

const FAMILIES: readonly Family[] = [4, 6];

/** Where there is doubt about the addresses, the modem is asked again, but not more often. */
const LOOK_AGAIN_MS = 5_000;

/** As the CLAT of RFC 6877 does for a host. Where the context has IPv4, ports are those of the driver below. */
export class Nat64Driver extends DriverAround {
  readonly #prefix: PrefixSource;
  /** Of the PDP context, when the modem was last asked. */
  #addresses: readonly string[] = [];
  #addressesAtStart: readonly string[] = [];
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #tellDoubt: () => void = () => {};
  /** The modem named no addresses, or what they let hope for has failed. */
  #doubtful = true;

  constructor(driver: ModemDriver, prefix: PrefixSource) {
    super(driver);
    this.#prefix = prefix;
  }

  get contextAddresses(): readonly string[] {
    return this.#addresses;
  }

  /** Those that the PDP context had when `start()` was done, whatever was found since. */
  get addressesAtStart(): readonly string[] {
    return this.#addressesAtStart;
  }

  /** `listener` hears when the network does not seem to be there. */
  onDoubt(listener: () => void): void {
    this.#tellDoubt = listener;
  }

  override async start(waiting?: Waiting): Promise<void> {
    await super.start(waiting);
    await this.#families();
    this.#addressesAtStart = this.#addresses;
  }

  override async network(): Promise<NetworkStatus> {
    const status = await super.network();
    this.#hear(status.addresses);
    return status;
  }

  async readAddresses(): Promise<readonly string[]> {
    const { addresses } = this.driver.readAddresses
      ? { addresses: await this.driver.readAddresses() }
      : await super.network();
    this.#hear(addresses);
    return addresses;
  }

  async nat64Prefix(): Promise<Nat64Prefix | undefined> {
    const [family, second] = await this.#families();
    return family === 6 && !second ? this.#prefix.find().catch(() => undefined) : undefined;
  }

  /** Asks for what the context can carry; for the rest only if there is nothing else, so that dialling says why not. */
  async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    const [only, second] = await this.#families();
    if (family !== 0 || !only || second) return this.driver.resolve(name, family);
    try {
      return await this.driver.resolve(name, only);
    } catch (error) {
      if (!hasCode(error, 'ENOTFOUND')) throw error;
      return this.driver.resolve(name, only === 4 ? 6 : 4);
    }
  }

  openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    const open = this.#openUdp.bind(this);
    return binding.family === 6 ? DualUdpPort.open(open, binding, events) : open(binding, events);
  }

  #openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    return this.#open(binding.family, undefined, async prefix => {
      if (prefix === undefined) return this.driver.openUdp(binding, events);
      const { port, remote } = binding;
      const behind = remote && { remote: throughNat64(prefix, remote) };
      return new Nat64UdpPort(await this.driver.openUdp({ family: 6, port, ...behind }, events), prefix);
    });
  }

  protected async openTcpBy(
    openTcp: OpenTcp,
    remote: Endpoint,
    events: PortEvents,
    signal?: AbortSignal,
  ): Promise<TcpPort> {
    const ipv4 = unmapped(remote);
    if (ipv4) return new RenamedTcpPort(await this.openTcpBy(openTcp, ipv4, events, signal), remote, mapped);
    return this.#open(remote.family, signal, async prefix => {
      if (prefix === undefined) return openTcp(remote, events, signal);
      const port = await openTcp(throughNat64(prefix, remote), events, signal);
      return new RenamedTcpPort(port, remote, withoutAddress);
    });
  }

  /** NAT64 lets nobody in: a listener for IPv4 would wait for ever. */
  protected async listenTcpBy(
    listenTcp: ListenTcp,
    binding: TcpBinding,
    events: ListenerEvents,
  ): Promise<TcpListener> {
    const families = await this.#families();
    if (families.length === 0 || families.includes(binding.family)) return listenTcp(binding, events);
    const [there, wanted] = binding.family === 4 ? [6, 4] : [4, 6];
    throw new SocketFailure(
      'EADDRNOTAVAIL',
      `the network gives IPv${there} only: nobody can call an IPv${wanted} address of the modem`,
    );
  }

  /**
   * @param signal ends the waiting for a prefix: others may still want it
   * @param open is given the prefix if there is need of one
   */
  async #open<T>(
    family: Family,
    signal: AbortSignal | undefined,
    open: (prefix: Nat64Prefix | undefined) => Promise<T>,
  ): Promise<T> {
    try {
      return await open(await unlessAborted(this.#prefixFor(family), signal));
    } catch (error) {
      // The context may be another one since it was looked at.
      if (hasCode(error, 'ENETUNREACH', 'ENETDOWN')) {
        this.#doubtful = true;
        this.#tellDoubt();
      }
      throw error;
    }
  }

  async #prefixFor(family: Family): Promise<Nat64Prefix | undefined> {
    const families = await this.#families();
    // Not known: the modem itself will say.
    if (families.length === 0 || families.includes(family)) return undefined;
    if (family === 4) return this.#prefix.find();
    throw new SocketFailure('ENETUNREACH', 'the network gives IPv4 only: no IPv6 address can be reached');
  }

  #hear(addresses: readonly string[]): void {
    if (addresses.join() !== this.#addresses.join()) this.#prefix.forget();
    this.#addresses = addresses;
    this.#doubtful = addresses.length === 0;
  }

  /** Those that the context has addresses of; none if that is not known. */
  async #families(): Promise<readonly Family[]> {
    if (this.#doubtful && performance.now() - this.#lookedAtMs >= LOOK_AGAIN_MS) {
      this.#lookedAtMs = performance.now();
      // What was known before is still the best guess.
      await this.readAddresses().catch(() => {});
    }
    return FAMILIES.filter(family => this.#addresses.some(address => isIP(address) === family));
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted) leave();
    work.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave));
  });
}

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof SocketFailure && codes.includes(error.code);
