/** A simulated modem behind a TCP port, as a serial server such as ser2net shows a real one. */
import type { Socket } from 'node:net';
import { listenTcp, type TcpServer } from '../util/tcp-server.ts';
import type { SimModem } from './sim-modem.ts';

export type { TcpServer as SimServer } from '../util/tcp-server.ts';

/**
 * Listens, on 127.0.0.1 and a free port unless told otherwise. A new client takes the line over from the one
 * before. The server keeps the process alive until it is closed; the modem stays as it is.
 */
export function listenSim(
  sim: Pick<SimModem, 'transport'>,
  place: { readonly host?: string; readonly port?: number } = {},
): Promise<TcpServer> {
  return listenTcp(client => void join(sim, client), place);
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
