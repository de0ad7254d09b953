/** A TCP server from its first listening to its last client. */
import type { Socket } from 'node:net';
import { nodeNet } from './nodes-own.ts';

/** Something that listens on a TCP port. */
export interface TcpServer {
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** Hangs up on all clients. Resolves when the port is free again. */
  close(): Promise<void>;
}

/** On 127.0.0.1 and a free port unless told otherwise. It keeps the process alive until it is closed. */
export function listenTcp(
  serve: (client: Socket) => void,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<TcpServer> {
  const clients = new Set<Socket>();
  const server = nodeNet.createServer({ noDelay: true }, client => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    serve(client);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return reject(new Error(`no TCP address on ${host}`));
      const close = (): Promise<void> =>
        new Promise(done => {
          server.close(() => done());
          for (const client of clients) client.destroy();
        });
      resolve({ address: bound.address, port: bound.port, close });
    });
  });
}
