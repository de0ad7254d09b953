/** createNet(): a stand-in for the module `node:net`, over a modem. */
import { channel } from 'node:diagnostics_channel';
import type { lookup } from 'node:dns';
import type { BlockList } from 'node:net';
import { nodeNet } from '../util/nodes-own.ts';
import { callable } from './callable.ts';
import type { DriverSource } from './driver-source.ts';
import { type ConnectOptions, checkAttemptTimeout, type NetLookup, sortArguments } from './net-arguments.ts';
import { BLOCK_LIST, NetServer, SERVICES as SERVER_SERVICES, type ServerServices } from './net-server.ts';
import { NetSocket, ON_READ, type OnRead, SERVICES, type SocketServices } from './net-socket.ts';
import { initialiseServer, initialiseSocket, methodTells } from './node-internals.ts';

export interface NetServices {
  readonly driver: DriverSource;
  /** As `dns.lookup`; read at each use, so a getter lets programs replace it. */
  readonly lookup: typeof lookup | NetLookup;
}

/** Connecting over a mobile network takes seconds; Node's 250 ms would give up every address but the last. */
const ATTEMPT_TIMEOUT_MS = 5_000;

const created = channel('net.client.socket');

/** The result is complete, plain and mutable, as `require('node:net')` is. */
export function createNet(services: NetServices): typeof nodeNet {
  let attemptTimeoutMs: number | undefined;
  // Who connects right after `listen()` finds it listening, as with a kernel.
  let listening: Promise<unknown> = Promise.resolve();

  const Socket = callable<NetSocket, typeof nodeNet.Socket>(
    NetSocket,
    nodeNet.Socket,
    'Socket',
    (socket, options) => {
      const onRead = onReadOf(options);
      if (onRead) Object.defineProperty(socket, ON_READ, { value: onRead });
      initialiseSocket(socket, options);
    },
  );
  share<SocketServices>(Socket, SERVICES, {
    driver: async () => {
      await listening;
      return services.driver();
    },
    get lookup() {
      return services.lookup as NetLookup;
    },
    get autoSelectFamily() {
      return nodeNet.getDefaultAutoSelectFamily();
    },
    get attemptTimeoutMs() {
      return attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS;
    },
  });

  const Server = callable<NetServer, typeof nodeNet.Server>(
    NetServer,
    nodeNet.Server,
    'Server',
    (server, ...given) => {
      const { blockList } = (given[0] ?? {}) as { readonly blockList?: BlockList };
      if (blockList) Object.defineProperty(server, BLOCK_LIST, { value: blockList });
      initialiseServer(server, given);
    },
  );
  share<ServerServices>(Server, SERVER_SERVICES, {
    driver: services.driver,
    get lookup() {
      return services.lookup as NetLookup;
    },
    createSocket: options => new Socket(options),
    opening: opened => {
      // Without their results, which would keep every listener there ever was.
      listening = Promise.all([listening, opened]).then(() => {});
    },
  });

  const connect = connectWith(Socket);

  // `Stream` is missing in Node's declarations.
  const made = {
    ...nodeNet,
    connect,
    createConnection: connect,
    createServer: (...given: readonly unknown[]) => new Server(...given),
    Server,
    Socket,
    Stream: Socket,
    getDefaultAutoSelectFamilyAttemptTimeout: () =>
      attemptTimeoutMs ?? nodeNet.getDefaultAutoSelectFamilyAttemptTimeout(),
    setDefaultAutoSelectFamilyAttemptTimeout: (value: number) => {
      attemptTimeoutMs = checkAttemptTimeout(value, 'value');
    },
  };
  return made;
}

/** The function `connect` of a module whose sockets these are. */
export function connectWith(
  Socket: new (options: ConnectOptions) => NetSocket,
): (...given: readonly unknown[]) => NetSocket {
  return function connect(...given) {
    const { options, callback } = sortArguments<ConnectOptions>(given);
    const socket = new Socket(options);
    if (!methodTells && created.hasSubscribers) created.publish({ socket });
    if (options.timeout) socket.setTimeout(options.timeout);
    // An aborted signal has destroyed it.
    return socket.destroyed ? socket : socket.connect(options, callback);
  };
}

function share<T extends object>(made: { readonly prototype: object }, key: symbol, services: T): void {
  Object.defineProperty(made.prototype, key, { value: services });
}

/** undefined unless it is usable: then Node ignores it too. */
function onReadOf(options: unknown): OnRead | undefined {
  const { onread } = (options ?? {}) as { readonly onread?: Partial<OnRead> | null };
  if (typeof onread !== 'object' || onread === null) return undefined;
  const { buffer, callback } = onread;
  const usable = buffer instanceof Uint8Array || typeof buffer === 'function';
  return usable && typeof callback === 'function' ? { buffer, callback } : undefined;
}
