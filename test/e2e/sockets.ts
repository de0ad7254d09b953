/** Datagram sockets for the tests, the kernel's and the modem's alike: opened, waited for, closed at the end. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export type Dgram = typeof import('node:dgram');
export type Type = 'udp4' | 'udp6';

export const LOOPBACK = { udp4: '127.0.0.1', udp6: '::1' } as const;

const DEADLINE_MS = 10_000;
/** Asked for, so that no burst of a test overflows a socket of the kernel. */
const KERNEL_BUFFER = 4 << 20;

export interface Heard {
  readonly data: Buffer;
  readonly from: RemoteInfo;
}

/** Keeps what a socket hears until it is taken. */
export class Inbox {
  readonly errors: Error[] = [];
  #heard: Heard[] = [];
  #taken = 0;
  #wake = (): void => {};

  constructor(socket: Socket) {
    socket.on('message', (data, from) => {
      this.#heard.push({ data, from });
      this.#wake();
    });
    socket.on('error', error => {
      this.errors.push(error);
      this.#wake();
    });
  }

  /** The next datagrams in the order in which they came. @throws the error of the socket, or at the deadline */
  async take(count = 1): Promise<Heard[]> {
    await deadline<void>(`${count} more datagrams, after ${this.#taken}`, (resolve, reject) => {
      this.#wake = () => {
        const [error] = this.errors;
        if (this.#heard.length >= count) resolve();
        else if (error) reject(error);
      };
      this.#wake();
    });
    this.#taken += count;
    return this.#heard.splice(0, count);
  }

  async takeOne(): Promise<Heard> {
    const [one] = await this.take();
    return one ?? Promise.reject(new Error('nothing heard'));
  }
}

/** A socket of the kernel on loopback. */
export interface Peer {
  readonly socket: Socket;
  readonly inbox: Inbox;
  readonly address: string;
  readonly port: number;
}

export async function openPeer(type: Type = 'udp4'): Promise<Peer> {
  const socket = createSocket({ type, recvBufferSize: KERNEL_BUFFER });
  closeAtEnd(socket);
  socket.bind(0, LOOPBACK[type]);
  await once(socket, 'listening');
  const { address, port } = socket.address();
  return { socket, inbox: new Inbox(socket), address, port };
}

/** Answers every datagram; `reply` makes the answer. */
export async function openEcho(
  type: Type = 'udp4',
  reply: (data: Buffer) => Buffer = data => data,
): Promise<{ readonly address: string; readonly port: number }> {
  const { socket, address, port } = await openPeer(type);
  socket.on('message', (data, from) => socket.send(reply(data), from.port, from.address));
  return { address, port };
}

/** A socket of the modem; not bound yet. */
export function openSocket(dgram: Dgram, type: Type = 'udp4'): { socket: Socket; inbox: Inbox } {
  const socket = dgram.createSocket(type);
  closeAtEnd(socket);
  return { socket, inbox: new Inbox(socket) };
}

export interface To {
  readonly address: string;
  readonly port: number;
}

/** Resolves when the modem has taken the datagram. Without `to` the socket is connected. */
export function send(socket: Socket, data: Uint8Array | string, to?: To): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null): void => (error ? reject(error) : resolve());
    if (to) socket.send(data, to.port, to.address, done);
    else socket.send(data, done);
  });
}

/** @throws the error that Node's callback would have got */
export function connect(socket: Socket, { address, port }: To): Promise<void> {
  return new Promise((resolve, reject) => {
    // Node calls it with an error too, which its types do not say.
    socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()));
  });
}

export async function bind(socket: Socket, port = 0, address?: string): Promise<void> {
  socket.bind(port, address);
  await once(socket, 'listening');
}

export async function close(socket: Socket): Promise<void> {
  await new Promise<void>(resolve => socket.close(() => resolve()));
}

/** Waits for what `work` does, and says what was waited for when it comes too late. */
export function deadline<T>(
  what: string,
  work: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not within ${DEADLINE_MS} ms: ${what}`)), DEADLINE_MS);
    work(
      value => {
        clearTimeout(timer);
        resolve(value);
      },
      error => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function closeAtEnd(socket: Socket): void {
  let closed = false;
  socket.once('close', () => {
    closed = true;
  });
  onTestFinished(async () => {
    if (!closed) await close(socket);
  });
}
