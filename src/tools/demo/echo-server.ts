/** A UDP echo service of this computer, made with Node's own sockets: the far end of the demo. */
import { createSocket } from 'node:dgram';

export interface EchoServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Undefined where this computer has no such address, as in containers without IPv6. */
export function openEchoServer(family: 4 | 6): Promise<EchoServer | undefined> {
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
