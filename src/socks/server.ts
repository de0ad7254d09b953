/** A SOCKS5 server whose way into the network is a modem. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Modem } from '../modem.ts';
import { AddressRules } from '../util/address-rules.ts';
import { ClientConnection, type SocksService } from './client-connection.ts';
import { type Login, LoginGate } from './login-gate.ts';

export interface SocksOptions {
  readonly host: string;
  readonly port: number;
  readonly login?: Login | undefined;
  /** Subnets that clients may reach although they are this computer's own, or of its links. */
  readonly allow?: readonly string[] | undefined;
}

export interface SocksServer {
  readonly address: string;
  readonly port: number;
  /** Ends every connection, too. */
  close(): Promise<void>;
}

/** As many as the largest modem has connections. */
const CLIENTS = 64;
/** Notices that a client is gone which could not say so. */
const KEEP_ALIVE_AFTER_MS = 60_000;

export async function openSocksServer(
  modem: Pick<Modem, 'net' | 'dgram' | 'dns'>,
  { host, port, login, allow }: SocksOptions,
): Promise<SocksServer> {
  const service: SocksService = {
    modem,
    rules: new AddressRules(allow),
    gate: login && new LoginGate(login),
    ending: new Set(),
  };
  const clients = new Set<ClientConnection>();
  const server = createServer(
    {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    },
    socket => {
      const client = new ClientConnection(socket, service);
      clients.add(client);
      socket.once('close', () => clients.delete(client));
      if (clients.size > CLIENTS) oldestSilent(clients)?.destroy();
    },
  );
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  return {
    address: bound.address,
    port: bound.port,
    close: async () => {
      server.close();
      for (const client of clients) client.destroy();
      await once(server, 'close');
    },
  };
}

/** Who has not said yet what it wants makes room first; the newcomer itself is one of these. */
function oldestSilent(clients: Iterable<ClientConnection>): ClientConnection | undefined {
  for (const client of clients) if (client.inHandshake) return client;
  return undefined;
}
