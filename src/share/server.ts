/** `atsock share` as a server: who may come in, how many, and who hears what. */
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Role } from './policy.ts';
import { type Hub, Session } from './session.ts';
import type { SharedModem } from './shared-modem.ts';
import type { Tokens } from './tokens.ts';

export interface ShareOptions {
  readonly places: readonly { readonly host: string; readonly port: number }[];
  /** private: a reply is for who asked. shared: everybody sees everything. */
  readonly mode: 'private' | 'shared';
  /** Of clients that need no token. */
  readonly roles: ReadonlySet<Role>;
  /** Then every client needs one. */
  readonly tokens?: Tokens | undefined;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly mostClients: number;
  readonly report: (event: string) => void;
}

export interface ShareServer {
  readonly places: readonly { readonly address: string; readonly port: number }[];
  /** Closes the connections of all clients on the modem, too. */
  close(): Promise<void>;
}

const TLS_HANDSHAKE_MS = 5_000;
/** For a person to paste it. */
const TOKEN_MS = 30_000;
const IDLE_MS = 600_000;
const KEEP_ALIVE_AFTER_MS = 60_000;

export async function openShareServer(modem: SharedModem, options: ShareOptions): Promise<ShareServer> {
  const clients = new Clients(modem, options);
  const servers: Server[] = [];
  try {
    for (const { host, port } of options.places) {
      const server = createListener(options, socket => clients.accept(socket));
      servers.push(server);
      server.listen({ host, port: port || portOf(servers[0]), ipv6Only: isIPv6(host) });
      await once(server, 'listening');
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return {
    places: servers.map(server => server.address() as AddressInfo),
    close: async () => {
      const closed = servers.map(server => once(server, 'close'));
      for (const server of servers) server.close();
      await clients.close();
      await Promise.all(closed);
    },
  };
}

/** With port 0 all places get the one that the first has got. */
const portOf = (server: Server | undefined): number => (server?.address() as AddressInfo | null)?.port ?? 0;

function createListener({ tls }: ShareOptions, accept: (socket: Socket) => void): Server {
  // A script says all it has to say, and then hears the rest.
  const options = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
  };
  if (!tls) return createServer(options, accept);
  const secure = { ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: TLS_HANDSHAKE_MS } as const;
  // Whoever speaks no TLS is not talked to.
  return createTlsServer(secure, accept).on('tlsClientError', (_, socket) => socket.destroy());
}

class Clients {
  readonly #modem: SharedModem;
  readonly #options: ShareOptions;
  readonly #sessions = new Map<Session, { readonly stream: Duplex; readonly ended: Promise<void> }>();

  constructor(modem: SharedModem, options: ShareOptions) {
    this.#modem = modem;
    this.#options = options;
    const everybodys = options.mode === 'shared';
    modem.on('urc', urc => this.#each(session => session.urc(urc, everybodys)));
    modem.on('lost', bootLine => this.#each(session => session.modemLost(bootLine)));
  }

  accept(socket: Socket): void {
    const address = socket.remoteAddress ?? 'nobody';
    const name = `${address} port ${socket.remotePort}`;
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    // Its error is heard by the session.
    socket.once('error', () => {});
    this.join(socket, name, address);
  }

  /** A client is a stream of lines, however it came. */
  join(stream: Duplex, name: string, address: string): void {
    const { mostClients, tokens, roles, report } = this.#options;
    if (this.#sessions.size >= mostClients) {
      report(`${name}: refused, there are ${mostClients} clients already`);
      stream.on('error', () => {}).destroy();
      return;
    }
    const hub: Hub = {
      modem: this.#modem,
      login: token => (tokens ? tokens.roles(address, token) : roles),
      overheard: (from, text) => {
        if (this.#options.mode === 'shared')
          this.#each(session => session !== from && !session.isStranger && session.write(text));
      },
      report,
    };
    const session = new Session(stream, name, tokens ? undefined : roles, hub);
    const late = setTimeout(() => session.isStranger && session.drop('it gave no token'), TOKEN_MS).unref();
    const ended = session.run().finally(() => {
      clearTimeout(late);
      this.#sessions.delete(session);
    });
    this.#sessions.set(session, { stream, ended });
  }

  async close(): Promise<void> {
    const all = [...this.#sessions.values()];
    for (const { stream } of all) stream.destroy();
    await Promise.all(all.map(({ ended }) => ended));
  }

  #each(work: (session: Session) => unknown): void {
    for (const session of this.#sessions.keys()) work(session);
  }
}
