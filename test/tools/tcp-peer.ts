/** A TCP service on loopback for the tests: keeps what it hears of each connection and does with it what it is told. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TcpPeer {
  readonly port: number;
  /** All bytes of one connection, when it has ended. */
  readonly heard: Promise<Buffer>;
}

export async function openTcpPeer(serve: (socket: Socket) => void, family: 4 | 6 = 4): Promise<TcpPeer> {
  const server = createServer({ allowHalfOpen: true });
  const heard = new Promise<Buffer>(resolve => {
    server.once('connection', socket => {
      const chunks: Buffer[] = [];
      socket.on('data', chunk => chunks.push(chunk));
      socket.on('end', () => resolve(Buffer.concat(chunks)));
    });
  });
  const open = new Set<Socket>();
  server.on('connection', socket => {
    open.add(socket.on('error', () => {}));
    serve(socket);
  });
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  server.listen(0, family === 4 ? '127.0.0.1' : '::1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, heard };
}

/** Sends back what comes, and its end. */
export const echo = (socket: Socket): void => void socket.pipe(socket);
