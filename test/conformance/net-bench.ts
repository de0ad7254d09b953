/** What the suites of `net` share: the target under test, its sockets and servers, far ends on loopback. */
import nodeNet, { type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { called, until } from './bench.ts';

export interface NetTarget {
  readonly name: string;
  /** Ids of `deviations.ts` that show on this target. */
  readonly deviations: ReadonlySet<string>;
  /** Too slow for many MiB. */
  readonly slow?: boolean;
  /** What its sockets call their own address. */
  readonly localAddress: string;
  open(): Promise<{ readonly net: typeof nodeNet; close(): Promise<void> }>;
}

export const HERE = '127.0.0.1';

/** Collects what a socket receives. */
export class Heard {
  readonly #chunks: Buffer[] = [];

  constructor(socket: Socket) {
    socket.on('data', chunk => this.#chunks.push(chunk));
  }

  get data(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.data.toString();
  }
}

export class NetBench {
  readonly target: NetTarget;
  readonly #cleanup: (() => void | Promise<void>)[] = [];
  #net: typeof nodeNet | undefined;

  constructor(target: NetTarget) {
    this.target = target;
    let close = async (): Promise<void> => {};
    beforeAll(async () => {
      const opened = await target.open();
      this.#net = opened.net;
      close = opened.close;
    });
    afterEach(async () => {
      for (const work of this.#cleanup.splice(0).reverse()) await work();
    });
    afterAll(() => close());
  }

  get net(): typeof nodeNet {
    if (!this.#net) throw new Error('the target is not open');
    return this.#net;
  }

  /** Runs after the test. */
  after(work: () => void | Promise<void>): void {
    this.#cleanup.push(work);
  }

  /** Destroyed after the test. */
  keep<T extends Socket>(socket: T): T {
    this.after(() => {
      socket.on('error', () => {});
      socket.destroy();
    });
    return socket;
  }

  /** A plain server of Node: the far end, whatever the target is. */
  async farServer(
    serve: (socket: Socket) => unknown = () => {},
    options: nodeNet.ServerOpts = {},
  ): Promise<{ readonly server: Server; readonly port: number; readonly sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const server = nodeNet.createServer(options, socket => {
      sockets.push(socket);
      socket.on('error', () => {});
      serve(socket);
    });
    server.listen(0, HERE);
    await until(server, 'listening');
    this.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { server, port: (server.address() as AddressInfo).port, sockets };
  }

  /** A socket of the target, connected to a plain socket of Node. */
  async pair(
    options: Partial<nodeNet.TcpNetConnectOpts> = {},
    farOptions: nodeNet.ServerOpts = {},
  ): Promise<{ readonly socket: Socket; readonly far: Socket; readonly port: number }> {
    const { server, port } = await this.farServer(() => {}, farOptions);
    const accepted = until(server, 'connection');
    const socket = this.keep(this.net.connect({ port, host: HERE, ...options }));
    const [[far]] = await Promise.all([accepted, until(socket, 'connect')]);
    return { socket, far: far as Socket, port };
  }

  /** A server of the target. */
  server(options: nodeNet.ServerOpts = {}, listener?: (socket: Socket) => void): Server {
    const server = this.net.createServer(options, listener);
    const sockets: Socket[] = [];
    server.on('connection', socket => sockets.push(socket));
    this.after(() => {
      server.on('error', () => {});
      for (const socket of sockets) socket.on('error', () => {}).destroy();
      if (server.listening) server.close();
    });
    return server;
  }

  async listening(
    options: nodeNet.ServerOpts = {},
    listener?: (socket: Socket) => void,
  ): Promise<{ readonly server: Server; readonly port: number }> {
    const server = this.server(options, listener);
    server.listen(0, HERE);
    await until(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  /** A socket that a server of the target has accepted, and the plain socket of Node that called. */
  async accepted(
    options: nodeNet.ServerOpts = {},
    farOptions: nodeNet.SocketConstructorOpts = {},
  ): Promise<{ readonly socket: Socket; readonly far: Socket; readonly server: Server }> {
    const { server, port } = await this.listening(options);
    const came = until(server, 'connection');
    const far = this.keep(nodeNet.connect({ port, host: HERE, ...farOptions }));
    far.on('error', () => {});
    const [[socket]] = await Promise.all([came, until(far, 'connect')]);
    return { socket: socket as Socket, far, server };
  }

  /** A port number on which nobody listens. */
  async silentPort(): Promise<number> {
    const server = nodeNet.createServer().listen(0, HERE);
    await until(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await until(server, 'close');
    return port;
  }

  /** A test that moves many MiB. */
  get bulk(): typeof test {
    return test.skipIf(this.target.slow) as typeof test;
  }

  /** A test of something where this target differs from Node, and says so. */
  unless(deviation: string): typeof test {
    return test.skipIf(this.target.deviations.has(deviation)) as typeof test;
  }

  /** What it does instead. */
  deviation(id: string): typeof test {
    return test.runIf(this.target.deviations.has(id)) as typeof test;
  }
}

/** Resolves with what 'close' says, whatever comes before. */
export function closed(emitter: Socket | Server): Promise<unknown[]> {
  return called(callback => emitter.once('close', callback));
}

const EVENTS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connect',
  'ready',
  'data',
  'timeout',
  'end',
  'finish',
  'drop',
  'listening',
  'connection',
];

/**
 * Names of the events in the order they come, errors with their code, 'close' of a socket with what it says. Several
 * 'data' in a row are one: how a stream is cut says nothing.
 */
export function record(emitter: Socket | Server): string[] {
  const log: string[] = [];
  const add = (entry: string): void => {
    if (entry !== 'data' || log.at(-1) !== 'data') log.push(entry);
  };
  for (const event of EVENTS) {
    // Listening to data is what makes a stream flow.
    if (event !== 'data' && event !== 'drop') emitter.on(event, () => add(event));
  }
  emitter.on('error', (error: NodeJS.ErrnoException) => add(`error ${error.code}`));
  emitter.on('close', (hadError?: boolean) => add(hadError === undefined ? 'close' : `close ${hadError}`));
  return log;
}

/** The same for a socket whose data is read. */
export function recordFlowing(socket: Socket): string[] {
  const log = record(socket);
  socket.on('data', () => {
    if (log.at(-1) !== 'data') log.push('data');
  });
  return log;
}
