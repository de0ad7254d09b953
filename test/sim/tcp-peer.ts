/** Real TCP peers on this machine: what they hear, how it ended, every wait with a deadline. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { within } from './terminal.ts';

export type Loopback = '127.0.0.1' | '::1';

/** One end of a real connection. It does not close by itself when the other end does. */
export class TcpEnd {
  readonly socket: Socket;
  /** 'end' for a FIN, else the code of the error; undefined as long as there is neither. */
  outcome: string | undefined;
  #heard: Buffer[] = [];
  #length = 0;
  #wake: () => void = () => {};

  constructor(socket: Socket, reading: boolean) {
    this.socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.outcome ??= error.code ?? error.message;
      this.#wake();
    });
    socket.on('end', () => {
      this.outcome ??= 'end';
      this.#wake();
    });
    if (reading) this.read();
  }

  static async call(port: number, loopback: Loopback = '127.0.0.1', reading = true): Promise<TcpEnd> {
    const socket = connect({ host: loopback, port, allowHalfOpen: true });
    const end = new TcpEnd(socket, reading);
    await within('the call', once(socket, 'connect'));
    return end;
  }

  /** From now on it reads. */
  read(): void {
    this.socket.on('data', data => {
      this.#heard.push(data);
      this.#length += data.length;
      this.#wake();
    });
  }

  get heardBytes(): number {
    return this.#length;
  }

  /** The next bytes, this many. */
  async hear(length: number): Promise<Buffer> {
    await this.#until(`${length} bytes`, () => this.#length >= length);
    const all = Buffer.concat(this.#heard);
    this.#heard = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }

  async text(length: number): Promise<string> {
    return (await this.hear(length)).toString('latin1');
  }

  async ended(): Promise<string> {
    await this.#until('the end', () => this.outcome !== undefined);
    return this.outcome ?? '';
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    while (!condition()) await within(what, new Promise<void>(resolve => (this.#wake = resolve)));
  }
}

/** A service that a modem can dial. */
export class TcpService {
  readonly #server: Server;
  readonly #reading: boolean;
  readonly #callers: TcpEnd[] = [];
  #wake: () => void = () => {};

  private constructor(server: Server, reading: boolean) {
    this.#server = server;
    this.#reading = reading;
    server.on('connection', socket => {
      this.#callers.push(new TcpEnd(socket, this.#reading));
      this.#wake();
    });
  }

  static async open(loopback: Loopback = '127.0.0.1', reading = true): Promise<TcpService> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).unref();
    const service = new TcpService(server, reading);
    server.listen(0, loopback);
    await within('listening', once(server, 'listening'));
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next one who has called. */
  async caller(): Promise<TcpEnd> {
    if (this.#callers.length === 0)
      await within('a caller', new Promise<void>(resolve => (this.#wake = resolve)));
    const caller = this.#callers.shift();
    if (!caller) throw new Error('unreachable');
    return caller;
  }

  close(): Promise<void> {
    return new Promise(resolve => void this.#server.close(() => resolve()));
  }
}

/** A port number that was free a moment ago. */
export async function freePort(loopback: Loopback = '127.0.0.1'): Promise<number> {
  const service = await TcpService.open(loopback);
  const { port } = service;
  await service.close();
  return port;
}
