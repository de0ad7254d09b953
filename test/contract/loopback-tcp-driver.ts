/** The loopback driver with TCP: ports and listeners made of real loopback sockets, as awkward as a modem may be. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type {
  Endpoint,
  Family,
  ListenerEvents,
  PortEvents,
  TcpBinding,
  TcpListener,
  TcpPort,
} from '../../src/driver/port.ts';
import { type SocketErrno, SocketFailure } from '../../src/driver/socket-failure.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { LoopbackDriver, type LoopbackOptions } from './loopback-driver.ts';

export interface LoopbackTcpOptions extends LoopbackOptions {
  /** Each `send()` takes a random part, from this seed. Without it: everything. */
  readonly partialSends?: number;
  /** Each `receive()` gives at most so many bytes. */
  readonly receiveBytes?: number;
}

const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.1', 6: '::1' };

/** What a port keeps before it lets the kernel stop the peer, as the buffer of a modem does. */
const PORT_BYTES = 65_536;
const MOST_BYTES = 1 << 20;

export class LoopbackTcpDriver extends LoopbackDriver {
  readonly receiveBytes: number;
  readonly #random: Random | undefined;
  readonly #tcp = new Set<LoopbackTcpPort | LoopbackListener>();
  #refusal: SocketFailure | undefined;

  constructor(options: LoopbackTcpOptions = {}) {
    super(options);
    this.receiveBytes = options.receiveBytes ?? MOST_BYTES;
    this.#random = options.partialSends === undefined ? undefined : createRandom(options.partialSends);
  }

  async openTcp(remote: Endpoint, events: PortEvents, signal?: AbortSignal): Promise<TcpPort> {
    await this.pass();
    signal?.throwIfAborted();
    this.#checkRoom();
    const { address, port } = this.route(remote);
    const socket = connect({ host: address, port, allowHalfOpen: true });
    socket.unref();
    try {
      await once(socket, 'connect');
    } catch (error) {
      throw failure(error);
    }
    return this.keep(new LoopbackTcpPort(this, socket, events));
  }

  async listenTcp({ family, port }: TcpBinding, events: ListenerEvents): Promise<TcpListener> {
    await this.pass();
    this.#checkRoom();
    this.checkFamily(family);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.unref();
    try {
      server.listen(port, LOOPBACK[family]);
      await once(server, 'listening');
    } catch (error) {
      throw failure(error);
    }
    return this.keep(new LoopbackListener(this, server, events));
  }

  override get connectionsOpen(): number {
    return super.connectionsOpen + this.#tcp.size;
  }

  override refuse(failure: SocketFailure | undefined): void {
    super.refuse(failure);
    this.#refusal = failure;
  }

  override async lose(error = new SocketFailure('ENETDOWN', 'the modem is gone')): Promise<void> {
    await Promise.all([super.lose(error), ...[...this.#tcp].map(port => port.lose(error))]);
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), ...[...this.#tcp].map(port => port.lose(undefined))]);
  }

  keep<T extends LoopbackTcpPort | LoopbackListener>(port: T): T {
    this.#tcp.add(port);
    return port;
  }

  drop(port: LoopbackTcpPort | LoopbackListener): void {
    this.#tcp.delete(port);
  }

  /** How much of so many bytes one `send()` takes. */
  portion(length: number): number {
    return this.#random ? 1 + this.#random(length) : length;
  }

  #checkRoom(): void {
    if (this.#refusal) throw this.#refusal;
    if (this.connectionsOpen >= this.limits.connections)
      throw new SocketFailure('EMFILE', 'all connections are in use');
  }
}

class LoopbackTcpPort implements TcpPort {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #driver: LoopbackTcpDriver;
  readonly #socket: Socket;
  #events: PortEvents | undefined;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #ended = false;
  #failure: SocketFailure | undefined;

  constructor(driver: LoopbackTcpDriver, socket: Socket, events?: PortEvents) {
    this.#driver = driver;
    this.#socket = socket.unref();
    this.#events = events;
    const family = socket.localFamily === 'IPv6' ? 6 : 4;
    this.local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0, family };
    this.remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, family };
    socket.on('data', chunk => this.#keep(chunk));
    socket.on('end', () => {
      this.#ended = true;
      this.#ring();
    });
    socket.on('error', error => {
      this.#failure = failure(error);
      this.#ring();
    });
    socket.resume();
  }

  attach(events: PortEvents): void {
    this.#events = events;
    this.#ring();
  }

  async send(data: Uint8Array): Promise<number> {
    await this.#driver.pass();
    const portion = data.subarray(0, this.#driver.portion(data.length));
    const error = await new Promise<unknown>(resolve => void this.#socket.write(portion, resolve));
    // A write under way when the connection breaks counts as done for Node.
    if (this.#failure) throw this.#failure;
    if (error || this.#socket.destroyed)
      throw new SocketFailure('EPIPE', 'the peer has gone', { cause: error });
    this.#driver.payload.sent += portion.length;
    return portion.length;
  }

  async receive(maxBytes: number): Promise<Buffer | undefined | null> {
    await this.#driver.pass();
    const [first] = this.#waiting;
    if (!first) {
      if (this.#failure) throw this.#failure;
      return this.#ended ? null : undefined;
    }
    const size = Math.min(first.length, maxBytes, this.#driver.receiveBytes);
    if (size === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(size);
    this.#waitingBytes -= size;
    this.#driver.payload.received += size;
    if (this.#waitingBytes < PORT_BYTES) this.#socket.resume();
    return first.subarray(0, size);
  }

  async drained(): Promise<void> {
    await this.#driver.pass();
  }

  async close(): Promise<void> {
    await this.#driver.pass();
    this.#driver.drop(this);
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, 'close').catch(() => {});
    // The end goes out before what waits unread makes the kernel reset the connection.
    if (this.#socket.writableLength === 0) this.#socket.end(() => this.#socket.destroy());
    else this.#socket.destroy();
    await closed;
  }

  async lose(error: SocketFailure | undefined): Promise<void> {
    await this.close();
    this.#events?.closed(error);
  }

  #keep(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= PORT_BYTES) this.#socket.pause();
    this.#ring();
  }

  /** In a later turn: never inside `openTcp`. */
  #ring(): void {
    setImmediate(() => this.#events?.readable());
  }
}

class LoopbackListener implements TcpListener {
  readonly local: Endpoint;
  readonly #driver: LoopbackTcpDriver;
  readonly #server: Server;
  readonly #events: ListenerEvents;

  constructor(driver: LoopbackTcpDriver, server: Server, events: ListenerEvents) {
    this.#driver = driver;
    this.#server = server;
    this.#events = events;
    const { address, port, family } = server.address() as AddressInfo;
    this.local = { address, port, family: family === 'IPv6' ? 6 : 4 };
    server.on('connection', socket => {
      const incoming = driver.keep(new LoopbackTcpPort(driver, socket));
      incoming.attach(events.connection(incoming));
    });
  }

  async close(): Promise<void> {
    this.#driver.drop(this);
    // Its 'close' comes after the last connection, but the port number is free at once.
    this.#server.close();
    await this.#driver.pass();
  }

  async lose(error: SocketFailure | undefined): Promise<void> {
    await this.close();
    this.#events.closed(error);
  }
}

function failure(error: unknown): SocketFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return new SocketFailure((code ?? 'EIO') as SocketErrno, message, { cause: error });
}
