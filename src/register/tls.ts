/** `tls.connect` over a connection that goes where the rules say. */
import net from 'node:net';
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls';
import { sortArguments } from '../sockets/net-arguments.ts';
import type { LookupFor } from './lookup.ts';
import type { Rules } from './rules.ts';

type Options = ConnectionOptions & { readonly lookup?: unknown };

/** Node's own makes its connection itself, of a class that cannot be replaced; so it is given one of the modem's. */
export function routeTls(rules: Rules, lookupFor: LookupFor): object {
  const nodes = tls.connect;
  return {
    connect: (...given: readonly unknown[]): TLSSocket => {
      const { options, callback } = sort(given);
      const side =
        options.path || options.socket ? 'local' : rules.connect(options.host || '', Number(options.port));
      if (side === 'local')
        return nodes({ ...options, lookup: lookupFor(side, options.lookup) } as ConnectionOptions, callback);
      const carrier = net.connect({
        ...options,
        timeout: 0,
        onread: undefined,
      } as object as net.NetConnectOpts);
      const secure = nodes({ ...options, socket: carrier }, callback);
      // What Node does only where it connects itself; and the carrier is what keeps the process alive.
      if (options.timeout) secure.setTimeout(options.timeout);
      for (const name of ['ref', 'unref'] as const)
        secure[name] = () => {
          carrier[name]();
          return secure;
        };
      secure.once('close', () => carrier.destroy());
      return secure;
    },
  };
}

/** `(options[, callback])` or `(port[, host][, options][, callback])`. */
function sort(given: readonly unknown[]): { options: Options; callback: (() => void) | undefined } {
  const { options, callback } = sortArguments<object>(given);
  const more = given.slice(1, 3).find(value => typeof value === 'object');
  return { options: { ...options, ...(more as object | undefined) }, callback };
}
