/** What the conformance suites share: the target under test, its sockets, peers on loopback, waits with a deadline. */
import nodeDgram, { type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { type EventEmitter, once } from 'node:events';
import { afterAll, afterEach, beforeAll, test } from 'vitest';

export interface DgramTarget {
  readonly name: string;
  readonly limits: { readonly datagramBytes: number; readonly smallestDatagramBytes: 0 | 1 };
  /** Ids of `deviations.ts` that show on this target. */
  readonly deviations: ReadonlySet<string>;
  open(): Promise<{ readonly dgram: typeof nodeDgram; close(): Promise<void> }>;
}

export const DEADLINE_MS = 20_000;

export interface Heard {
  readonly data: Buffer;
  readonly from: RemoteInfo;
}

/** A plain Node socket on loopback: the far end, whatever the target is. */
export class Peer {
  readonly socket: Socket;
  readonly port: number;
  readonly address: string;
  readonly #heard: Heard[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    ({ port: this.port, address: this.address } = socket.address());
    socket.on('message', (data, from) => {
      this.#heard.push({ data, from });
      socket.emit('heard');
    });
  }

  async hear(): Promise<Heard> {
    while (this.#heard.length === 0) await until(this.socket, 'heard');
    return this.#heard.shift() ?? Promise.reject(new Error('nothing heard'));
  }

  async hearText(): Promise<string> {
    return (await this.hear()).data.toString();
  }

  say(data: string | Buffer, port: number): void {
    this.socket.send(data, port, this.address);
  }
}

export class Bench {
  readonly target: DgramTarget;
  readonly #cleanup: (() => Promise<void>)[] = [];
  #dgram: typeof nodeDgram | undefined;

  constructor(target: DgramTarget) {
    this.target = target;
    let close = async (): Promise<void> => {};
    beforeAll(async () => {
      const opened = await target.open();
      this.#dgram = opened.dgram;
      close = opened.close;
    });
    afterEach(async () => {
      for (const work of this.#cleanup.splice(0).reverse()) await work();
    });
    afterAll(() => close());
  }

  get dgram(): typeof nodeDgram {
    if (!this.#dgram) throw new Error('the target is not open');
    return this.#dgram;
  }

  /** Closed after the test. */
  socket(options: SocketOptions | 'udp4' | 'udp6' = 'udp4', listener?: (data: Buffer) => void): Socket {
    const socket = this.dgram.createSocket(
      typeof options === 'string' ? { type: options } : options,
      listener,
    );
    this.#cleanup.push(() => closed(socket));
    return socket;
  }

  async bound(options: SocketOptions | 'udp4' | 'udp6' = 'udp4'): Promise<Socket> {
    const socket = this.socket(options);
    // Node's declarations leave `type` out.
    socket.bind(0, Reflect.get(socket, 'type') === 'udp4' ? '127.0.0.1' : '::1');
    await until(socket, 'listening');
    return socket;
  }

  async connected(to: Peer, options: SocketOptions | 'udp4' | 'udp6' = 'udp4'): Promise<Socket> {
    const socket = this.socket(options);
    socket.connect(to.port, to.address);
    await until(socket, 'connect');
    return socket;
  }

  async peer(family: 4 | 6 = 4): Promise<Peer> {
    const socket = nodeDgram.createSocket({ type: family === 4 ? 'udp4' : 'udp6', recvBufferSize: 4 << 20 });
    socket.bind(0, family === 4 ? '127.0.0.1' : '::1');
    await until(socket, 'listening');
    this.#cleanup.push(() => closed(socket));
    return new Peer(socket);
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

/** Resolves with the arguments of the event. */
export async function until(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return once(emitter, event, { signal: AbortSignal.timeout(DEADLINE_MS) });
}

/** Calls something that takes a callback; resolves with what the callback is given. */
export async function called<T extends unknown[]>(
  start: (callback: (...args: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the callback was not called')), DEADLINE_MS);
    start((...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

/** Long enough for anything that is under way on loopback without a wait: turns of the event loop, no time. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Names of the events in the order they come; call it first, so that it hears them before others. */
export function record(socket: Socket): string[] {
  const log: string[] = [];
  for (const event of ['listening', 'connect', 'message', 'error', 'close'])
    socket.on(event, () => log.push(event));
  return log;
}

/** What Node tells about an error that it throws: class name, code and message. */
export function thrown(work: () => unknown): { name: string; code: unknown; message: string } {
  try {
    work();
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    return { name, code, message };
  }
  throw new Error('nothing was thrown');
}

async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  await socket[Symbol.asyncDispose]();
}
