/** TCP streams for the tests, the kernel's and the modem's alike: opened, filled, compared, closed at the end. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { within } from '../tools/run-cli.ts';
import type { To } from './sockets.ts';

export type Net = typeof import('node:net');

export const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

const DEADLINE_MS = 25_000;

/** A real server on loopback. Its connections end with the test; what goes wrong on them is for `serve` to see. */
export async function openServer(serve: (socket: Socket) => void, family: 4 | 6 = 4): Promise<To> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  const to = await listen(server, family);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return to;
}

/** Any server of Node's, on a free port of loopback. */
export async function listen(server: Server, family: 4 | 6 = 4): Promise<To> {
  server.listen(0, LOOPBACK[family]);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { address, port } = server.address() as AddressInfo;
  return { address, port };
}

/** Where nobody listens. */
export async function closedPort(): Promise<To> {
  const server = createServer();
  server.listen(0, LOOPBACK[4]);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { address, port };
}

/** A server that gives its connections to the test, in the order in which they come. */
export async function openPeers(family: 4 | 6 = 4): Promise<{ to: To; next(): Promise<Socket> }> {
  const arrived: Socket[] = [];
  let wake = (): void => {};
  const to = await openServer(socket => {
    arrived.push(socket);
    wake();
  }, family);
  const next = (): Promise<Socket> =>
    within(
      DEADLINE_MS,
      'a connection',
      new Promise<Socket>(resolve => {
        wake = () => {
          const socket = arrived.shift();
          if (!socket) return;
          // The next one is for whoever asks then.
          wake = () => {};
          resolve(socket);
        };
        wake();
      }),
    );
  return { to, next };
}

export const openEcho = (family: 4 | 6 = 4): Promise<To> => openServer(socket => socket.pipe(socket), family);

/** A connected socket of the modem. */
export async function dial(net: Net, { address, port }: To): Promise<Socket> {
  const socket = net.connect(port, address);
  onTestFinished(() => void socket.destroy());
  await within(DEADLINE_MS, `a connection to ${address}:${port}`, once(socket, 'connect'));
  return socket;
}

/** A connected socket of the modem and the other end of its connection. */
export async function openPair(net: Net, family: 4 | 6 = 4): Promise<{ ours: Socket; peer: Socket }> {
  const { to, next } = await openPeers(family);
  const ours = await dial(net, to);
  return { ours, peer: await next() };
}

/** Reads exactly these bytes. @throws at the first that differs, at a surplus, and when they do not come */
export function expectBytes(socket: Socket, expected: Buffer, what: string): Promise<void> {
  let at = 0;
  const all = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      if (!chunk.equals(expected.subarray(at, at + chunk.length))) {
        reject(new Error(`${what}: wrong in the ${chunk.length} bytes from ${at} on`));
        return;
      }
      at += chunk.length;
      if (at < expected.length) return;
      resolve();
    };
    socket.on('data', hear);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${what}: closed after ${at} of ${expected.length} bytes`)));
    if (expected.length === 0) resolve();
  });
  return within(DEADLINE_MS, `${what}: ${expected.length} bytes`, all).catch(error => {
    error.message += ` (${at} bytes came)`;
    throw error;
  });
}

/** Resolves when the socket has given everything to the layer below. */
export async function writeAll(socket: Socket, data: Buffer): Promise<void> {
  await within(
    DEADLINE_MS,
    `${data.length} bytes to be written`,
    new Promise<void>((resolve, reject) => socket.write(data, error => (error ? reject(error) : resolve()))),
  );
}

/** Resolves with 'close', which must not have been emitted yet, whether there was an error or not. */
export function closed(socket: Socket): Promise<void> {
  return within(DEADLINE_MS, 'the close', new Promise(resolve => socket.once('close', () => resolve())));
}

/** Looks in every turn of the event loop. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const giveUp = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > giveUp) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}
