/** Ports around ports: each call of the socket layer is a step of the recording. */
import type { Datagram, Endpoint, PortEvents, TcpPort, UdpPort } from '../driver/port.ts';
import type { SocketSummary } from './events.ts';
import type { TraceRecorder } from './recorder.ts';

export const nameOf = ({ address, port, family }: Endpoint): string =>
  family === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/** Writes down what happens to one socket. */
export class Watch {
  readonly #recorder: TraceRecorder;
  readonly #socket: SocketSummary;
  /** Since when an answer of the peer is awaited. */
  #awaitedSince: number | undefined;

  constructor(recorder: TraceRecorder, socket: SocketSummary) {
    this.#recorder = recorder;
    this.#socket = socket;
  }

  asked(text: string, bytes = 0): void {
    this.#recorder.step('program', 'library', text, bytes, this.#socket.id);
  }

  told(text: string, bytes = 0): void {
    this.#recorder.step('library', 'program', text, bytes, this.#socket.id);
  }

  arrived(text: string): void {
    this.#recorder.step('network', 'modem', text, 0, this.#socket.id);
  }

  modem<T>(work: () => Promise<T>): Promise<T> {
    return this.#told(this.#recorder.onErrand({ socket: this.#socket.id, waitsForNetwork: false }, work));
  }

  network<T>(work: () => Promise<T>): Promise<T> {
    return this.#told(this.#recorder.onErrand({ socket: this.#socket.id, waitsForNetwork: true }, work));
  }

  events(events: PortEvents): PortEvents {
    return {
      readable: () => {
        if (this.#awaitedSince !== undefined) this.#socket.awaited += this.#recorder.now - this.#awaitedSince;
        this.#awaitedSince = undefined;
        this.arrived('something for it');
        events.readable();
      },
      closed: error => {
        this.told(error ? `lost: ${error.message}` : 'closed');
        events.closed(error);
      },
    };
  }

  sent(bytes: number, to: string): void {
    this.#socket.sent += bytes;
    this.#awaitedSince ??= this.#recorder.now;
    this.#recorder.step('modem', 'network', `to ${to}`, bytes, this.#socket.id);
  }

  received(bytes: number, from: string): void {
    this.#socket.received += bytes;
    this.told(`from ${from}`, bytes);
  }

  async #told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      this.told(`${code ?? 'error'}: ${message}`);
      throw error;
    }
  }
}

class WatchedPort<P extends UdpPort | TcpPort> {
  protected readonly port: P;
  protected readonly watch: Watch;

  constructor(port: P, watch: Watch) {
    this.port = port;
    this.watch = watch;
  }

  get local(): Endpoint {
    return this.port.local;
  }

  close(): Promise<void> {
    this.watch.asked('close');
    return this.watch.modem(() => this.port.close());
  }
}

export class WatchedUdpPort extends WatchedPort<UdpPort> implements UdpPort {
  async send(data: Uint8Array, remote: Endpoint): Promise<void> {
    this.watch.asked(`send to ${nameOf(remote)}`, data.length);
    await this.watch.modem(() => this.port.send(data, remote));
    this.watch.sent(data.length, nameOf(remote));
  }

  async receive(): Promise<Datagram | undefined> {
    const datagram = await this.watch.modem(() => this.port.receive());
    if (datagram) this.watch.received(datagram.data.length, nameOf(datagram.remote));
    return datagram;
  }
}

export class WatchedTcpPort extends WatchedPort<TcpPort> implements TcpPort {
  get remote(): Endpoint {
    return this.port.remote;
  }

  async send(data: Uint8Array): Promise<number> {
    this.watch.asked('write', data.length);
    const taken = await this.watch.modem(() => this.port.send(data));
    this.watch.sent(taken, nameOf(this.remote));
    return taken;
  }

  async receive(maxBytes: number): Promise<Buffer | undefined | null> {
    const data = await this.watch.modem(() => this.port.receive(maxBytes));
    if (data) this.watch.received(data.length, nameOf(this.remote));
    if (data === null) this.watch.told('the peer has ended');
    return data;
  }

  drained(): Promise<void> {
    return this.watch.modem(() => this.port.drained());
  }
}
