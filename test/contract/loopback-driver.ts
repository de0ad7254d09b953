/** A ModemDriver made of real loopback sockets: no AT, limits and slowness of choice, nothing but 127.0.0.1 and ::1. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { ModemDriver, NetworkStatus, SocketLimits } from '../../src/driver/driver.ts';
import type { Datagram, Endpoint, Family, PortEvents, UdpBinding, UdpPort } from '../../src/driver/port.ts';
import { type SocketErrno, SocketFailure } from '../../src/driver/socket-failure.ts';

export interface LoopbackOptions {
  readonly limits?: Partial<SocketLimits>;
  /** Turns of the event loop that each operation takes longer: 0 is as fast as the kernel. */
  readonly turns?: number;
  /** What the network gives. */
  readonly families?: readonly Family[];
  /** Names that exist, beside localhost. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Foreign addresses, and the loopback address that stands for each. */
  readonly routes?: Readonly<Record<string, string>>;
}

const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' };

export class LoopbackDriver implements ModemDriver {
  readonly limits: SocketLimits;
  readonly payload = { sent: 0, received: 0 };
  /** Every opening, for tests that ask what was told about the first peer. */
  readonly openings: UdpBinding[] = [];
  /** Names asked for, with the family. */
  readonly lookups: string[] = [];
  /** How often the network was looked at. */
  looks = 0;
  /** What the network gives from now on. */
  families: readonly Family[];
  readonly #turns: number;
  readonly #names: Readonly<Record<string, readonly string[]>>;
  readonly #routes: Readonly<Record<string, string>>;
  /** Port numbers of loopback, and the foreign address under which they were talked to. */
  readonly #foreigners = new Map<number, string>();
  readonly #ports = new Set<LoopbackPort>();
  #refusal: SocketFailure | undefined;

  constructor({ limits, turns = 0, families = [4, 6], names = {}, routes = {} }: LoopbackOptions = {}) {
    this.limits = { connections: 64, datagramBytes: 65_507, smallestDatagramBytes: 0, ...limits };
    this.#turns = turns;
    this.families = families;
    this.#names = names;
    this.#routes = routes;
  }

  async start(): Promise<void> {}

  async network(): Promise<NetworkStatus> {
    this.looks++;
    return { registration: 'home', addresses: this.families.map(family => LOOPBACK[family]) };
  }

  async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    this.lookups.push(`${name} ${family}`);
    if (name === 'localhost') return [LOOPBACK[family || 4]];
    const found = this.#names[name]?.filter(address => family === 0 || isIP(address) === family) ?? [];
    if (found.length === 0) throw new SocketFailure('ENOTFOUND', `no such name: ${name}`);
    return found;
  }

  /** Where on this machine an endpoint is. @throws SocketFailure ENETUNREACH */
  route({ address, port, family }: Endpoint): Endpoint {
    this.checkFamily(family);
    const local = this.#routes[address];
    if (local === undefined) return { address, port, family };
    this.#foreigners.set(port, address);
    return { address: local, port, family };
  }

  /** Under which address somebody on this machine is known. */
  known({ address, port, family }: Endpoint): Endpoint {
    return { address: this.#foreigners.get(port) ?? address, port, family };
  }

  checkFamily(family: Family): void {
    if (!this.families.includes(family)) throw new SocketFailure('ENETUNREACH', `there is no IPv${family}`);
  }

  async openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort> {
    this.openings.push(binding);
    await this.pass();
    if (this.#refusal) throw this.#refusal;
    this.checkFamily(binding.family);
    if (this.#ports.size >= this.limits.connections)
      throw new SocketFailure('EMFILE', 'all connections are in use');
    const port = await LoopbackPort.open(this, binding, events);
    this.#ports.add(port);
    return port;
  }

  async close(): Promise<void> {
    await this.lose();
  }

  get connectionsOpen(): number {
    return this.#ports.size;
  }

  /** From now on every opening fails; undefined: no more. */
  refuse(failure: SocketFailure | undefined): void {
    this.#refusal = failure;
  }

  /** The modem is gone, and all ports with it. */
  async lose(error = new SocketFailure('ENETDOWN', 'the modem is gone')): Promise<void> {
    await Promise.all([...this.#ports].map(port => port.lose(error)));
  }

  forget(port: LoopbackPort): void {
    this.#ports.delete(port);
  }

  async pass(): Promise<void> {
    for (let turn = 0; turn < this.#turns; turn++) await new Promise(setImmediate);
  }
}

class LoopbackPort implements UdpPort {
  readonly local: Endpoint;
  readonly #driver: LoopbackDriver;
  readonly #socket: Socket;
  readonly #events: PortEvents;
  readonly #waiting: Datagram[] = [];

  private constructor(driver: LoopbackDriver, socket: Socket, family: Family, events: PortEvents) {
    this.#driver = driver;
    this.#socket = socket;
    this.#events = events;
    this.local = { address: LOOPBACK[family], port: socket.address().port, family };
    socket.on('message', (data, from) => this.#keep(data, from));
  }

  static async open(
    driver: LoopbackDriver,
    { family, port }: UdpBinding,
    events: PortEvents,
  ): Promise<LoopbackPort> {
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', recvBufferSize: 4 << 20 });
    // What a modem does not do: only open sockets of the program keep the process alive.
    socket.unref();
    try {
      socket.bind(port, LOOPBACK[family]);
      await once(socket, 'listening');
    } catch (error) {
      throw failure(error);
    }
    return new LoopbackPort(driver, socket, family, events);
  }

  async send(data: Uint8Array, remote: Endpoint): Promise<void> {
    await this.#driver.pass();
    const { address, port } = this.#driver.route(remote);
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(data, port, address, error => (error ? reject(failure(error)) : resolve()));
    });
    this.#driver.payload.sent += data.length;
  }

  async receive(): Promise<Datagram | undefined> {
    await this.#driver.pass();
    return this.#waiting.shift();
  }

  async close(): Promise<void> {
    await this.#driver.pass();
    this.#driver.forget(this);
    await new Promise<void>(resolve => this.#socket.close(resolve));
  }

  async lose(error: SocketFailure): Promise<void> {
    await this.close();
    this.#events.closed(error);
  }

  #keep(data: Buffer, { address, port }: RemoteInfo): void {
    this.#driver.payload.received += data.length;
    const remote = this.#driver.known({ address, port, family: this.local.family });
    this.#waiting.push({ data, remote });
    // Never inside openUdp: the first datagram may come in the turn in which the socket is bound.
    setImmediate(() => this.#events.readable());
  }
}

function failure(error: unknown): SocketFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return new SocketFailure((code ?? 'EIO') as SocketErrno, message, { cause: error });
}
