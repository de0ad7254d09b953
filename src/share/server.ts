/** `atsock share` as a server: who may come in, how many, and who hears what. */
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { ClientStream } from '../telnet/client-stream.ts';
import { createMemoryPair } from '../transport/memory.ts';
import type { Tokens } from '../util/tokens.ts';
import { refusal } from './admission.ts';
import type { Role } from './policy.ts';
import { type Client, type Hub, Session } from './session.ts';
import type { SharedModem } from './shared-modem.ts';

export interface ShareOptions {
  readonly places: readonly { readonly host: string; readonly port: number }[];
  /** private: a reply is for who asked. shared: everybody sees everything. */
  readonly mode: 'private' | 'shared';
  /** Of clients that need no token. */
  readonly roles: ReadonlySet<Role>;
  /** Then every client needs one. */
  readonly tokens?: Tokens<Role> | undefined;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly mostClients: number;
  /** For people: shown to clients that speak telnet. */
  readonly greeting: string;
  readonly report: (event: string) => void;
}

export interface ShareServer {
  readonly places: readonly { readonly address: string; readonly port: number }[];
  /** One more client, by the stream that is returned. A `port` needs no token: who may open it is a matter of its file. */
  connect(name: string, kind: 'bridge' | 'port'): Duplex;
  /** Closes the connections of all clients on the modem, too. */
  close(): Promise<void>;
}

const TLS_HANDSHAKE_MS = 5_000;
/** Beside the clients: more than so many are not even shaken hands with. */
const HANDSHAKES = 64;
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
      server.maxConnections = options.mostClients + HANDSHAKES;
      server.listen({ host, port: port || portOf(servers[0]), ipv6Only: isIPv6(host) });
      await once(server, 'listening');
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return {
    places: servers.map(server => server.address() as AddressInfo),
    connect: (name, kind) => clients.connect(name, kind),
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
  readonly #sessions = new Map<Session, { readonly client: Client; readonly ended: Promise<void> }>();

  constructor(modem: SharedModem, options: ShareOptions) {
    this.#modem = modem;
    this.#options = options;
    const everybodys = options.mode === 'shared';
    modem.on('urc', urc => this.#each(session => session.urc(urc, everybodys)));
    modem.on('lost', bootLine => this.#each(session => session.modemLost(bootLine)));
  }

  accept(socket: Socket): void {
    const { greeting, tokens, roles } = this.#options;
    const address = socket.remoteAddress ?? 'nobody';
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    this.#join({
      stream: new ClientStream(socket, { greeting }),
      name: `${address} port ${socket.remotePort}`,
      address,
      roles: tokens ? undefined : roles,
    });
  }

  connect(name: string, kind: 'bridge' | 'port'): Duplex {
    const { tokens, roles } = this.#options;
    const isPort = kind === 'port';
    const [stream, theirs] = createMemoryPair();
    this.#join({ stream, name, address: name, roles: tokens && !isPort ? undefined : roles, isPort });
    return theirs;
  }

  #join(client: Client): void {
    const { stream, name, address } = client;
    const { tokens, report } = this.#options;
    const present = [...this.#sessions.values()].map(({ client }) => client.address);
    const why = refusal(address, present, this.#options.mostClients);
    if (why !== undefined) {
      report(`${name}: refused, ${why}`);
      stream.on('error', () => {}).destroy();
      return;
    }
    const hub: Hub = {
      modem: this.#modem,
      login: token => (tokens ? tokens.find(address, token)?.scopes : client.roles),
      overheard: (from, text) => {
        if (this.#options.mode === 'shared')
          this.#each(session => session !== from && !session.isStranger && session.write(text));
      },
      report,
    };
    const session = new Session(client, hub);
    const late = setTimeout(() => session.isStranger && session.drop('it gave no token'), TOKEN_MS).unref();
    const ended = session.run().finally(() => {
      clearTimeout(late);
      this.#sessions.delete(session);
    });
    this.#sessions.set(session, { client, ended });
  }

  async close(): Promise<void> {
    const all = [...this.#sessions.values()];
    for (const { client } of all) client.stream.destroy();
    await Promise.all(all.map(({ ended }) => ended));
  }

  #each(work: (session: Session) => unknown): void {
    for (const session of this.#sessions.keys()) work(session);
  }
}
