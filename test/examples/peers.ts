/** Whom examples and documentation talk to: small servers on loopback, gone when the test has ended. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createCoapServer } from 'coap';
import { onTestFinished } from 'vitest';

const LOOPBACK = { udp4: '127.0.0.1', udp6: '::1' } as const;

/** → its port */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function openUdp(type: 'udp4' | 'udp6'): Promise<Socket> {
  const socket = createSocket(type).bind(0, LOOPBACK[type]);
  await once(socket, 'listening');
  return socket;
}

/** → its port */
export async function openUdpEcho(type: 'udp4' | 'udp6' = 'udp4'): Promise<number> {
  const echo = await openUdp(type);
  onTestFinished(() => void echo.close());
  echo.on('message', (data, { port, address }) => echo.send(data, port, address));
  return echo.address().port;
}

/** → its port */
export const openTcpEcho = (): Promise<number> => listen(createServer(socket => socket.pipe(socket)));

/** → its port */
export async function openCoap(type: 'udp4' | 'udp6' = 'udp4'): Promise<number> {
  const socket = await openUdp(type);
  const service = createCoapServer({ type }, (_request, response) => response.end('twelve'));
  onTestFinished(() => void service.close());
  service.listen(socket);
  return socket.address().port;
}

export const answer: RequestListener = ({ method, url }, response) => response.end(`${method} ${url}`);
