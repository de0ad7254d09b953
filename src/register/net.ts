/** `node:net` whose sockets connect, and servers listen, where the rules say. */
import type net from 'node:net';
import { callable } from '../sockets/callable.ts';
import { connectWith } from '../sockets/net.ts';
import { type ConnectOptions, type ListenOptions, sortArguments } from '../sockets/net-arguments.ts';
import { hasDescriptor, type NetServer } from '../sockets/net-server.ts';
import type { NetSocket } from '../sockets/net-socket.ts';
import { nodeNet } from '../util/nodes-own.ts';
import type { LookupFor } from './lookup.ts';
import type { Rules } from './rules.ts';

type Made<T> = new (...given: never[]) => T;

/** What it replaces in the module. A modem's socket that has no connection of the modem is Node's own in all it does. */
export function routeNet(modem: typeof net, rules: Rules, lookupFor: LookupFor): object {
  class RoutedSocket extends (modem.Socket as unknown as Made<NetSocket>) {
    override connect(...given: readonly unknown[]): this {
      const { options, callback } = sortArguments<ConnectOptions>(given);
      const side =
        options.path || this._handle
          ? 'local'
          : rules.connect(String(options.host || ''), Number(options.port));
      const routed = { ...options, lookup: lookupFor(side, options.lookup) };
      if (side === 'modem') return super.connect(routed, callback);
      return Reflect.apply(nodeNet.Socket.prototype.connect, this, [routed, callback]);
    }
  }

  class RoutedServer extends (modem.Server as unknown as Made<NetServer>) {
    override listen(...given: readonly unknown[]): this {
      const { options } = sortArguments<ListenOptions>(given);
      const isPort = !options.path && !hasDescriptor(options);
      if (isPort && rules.listen(options.host, Number(options.port ?? 0)) === 'modem')
        return super.listen(...given);
      return Reflect.apply(nodeNet.Server.prototype.listen, this, given);
    }
  }

  const Socket = replacement<NetSocket>(RoutedSocket, modem.Socket, nodeNet.Socket);
  const Server = replacement<NetServer>(RoutedServer, modem.Server, nodeNet.Server);
  const connect = connectWith(Socket);
  const createServer = (...given: readonly unknown[]): NetServer => new Server(...given);
  return { Socket, Stream: Socket, Server, connect, createConnection: connect, createServer };
}

/**
 * Node keeps its own class in places that cannot be reached, and makes sockets of it: those a local server accepted,
 * those under TLS, terminals. They count as instances too, and are constructed as they always were.
 */
function replacement<T>(
  methods: Made<T>,
  modems: object & { readonly name: string },
  nodes: object,
): new (
  ...given: unknown[]
) => T {
  const isInstance = (of: object, value: unknown): boolean =>
    Reflect.apply(Function.prototype[Symbol.hasInstance], of, [value]);
  const made = callable<T, object>(methods, modems, modems.name, (instance, ...given) => {
    Reflect.apply((isInstance(methods, instance) ? modems : nodes) as () => void, instance, given);
  });
  Object.defineProperty(made, Symbol.hasInstance, {
    value(this: object, value: unknown) {
      return isInstance(this === made ? nodes : this, value);
    },
  });
  return made;
}
