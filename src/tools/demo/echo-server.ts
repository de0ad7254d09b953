/** Echo services of this computer, made with Node's own sockets: the far end of the demo. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export interface EchoServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** UDP. Undefined where this computer has no such address, as in containers without IPv6. */
export function openUdpEcho(family: 4 | 6): Promise<EchoServer | undefined> {
  const address = family === 4 ? '127.0.0.1' : '::1';
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  return new Promise((resolve, reject) => {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(undefined);
      else reject(error);
    });
    socket.bind(0, address, () => {
      const { port } = socket.address();
      resolve({ address, port, close: () => new Promise(done => socket.close(() => done())) });
    });
  });
}

/** TCP. */
export async function openTcpEcho(address: string): Promise<EchoServer> {
  const server = createServer(socket => {
    // The caller may go as it likes.
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address, port, close: () => new Promise(done => server.close(() => done())) };
}
