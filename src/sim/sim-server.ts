/** A simulated modem behind a TCP port, as a serial server such as ser2net shows a real one. */
import type { Socket } from 'node:net';
import { nodeNet } from '../util/nodes-own.ts';
import type { SimModem } from './sim-modem.ts';

/** A simulated modem behind a TCP port: raw AT bytes, as of ser2net. */
export interface SimServer {
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** Resolves when the port is free again. */
  close(): Promise<void>;
}

/**
 * Listens, on 127.0.0.1 and a free port unless told otherwise. A new client takes the line over from the one
 * before. The server keeps the process alive until it is closed; the modem stays as it is.
 */
export function listenSim(
  sim: Pick<SimModem, 'transport'>,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<SimServer> {
  const clients = new Set<Socket>();
  const server = nodeNet.createServer({ noDelay: true }, client => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    void join(sim, client);
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

async function join(sim: Pick<SimModem, 'transport'>, client: Socket): Promise<void> {
  try {
    const line = await sim.transport.open();
    line.on('error', () => {});
    line.on('close', () => client.destroy());
    client.on('close', () => line.destroy());
    client.pipe(line).pipe(client);
  } catch {
    // The modem was closed under its server.
    client.destroy();
  }
}
