/** `dns.lookup` over the modem's own resolver, in callback and promise form. */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { ModemDriver } from '../driver/driver.ts';
import type { Family } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { checkString } from './arguments.ts';
import { invalidArgumentType } from './node-error.ts';

/** So far the part that `dgram` and `net` need. */
export interface Dns {
  lookup: typeof import('node:dns').lookup;
  promises: { lookup: typeof import('node:dns/promises').lookup };
}

/** libuv's numbers for what getaddrinfo says. */
const ERRNO = { ENOTFOUND: -3008, EAI_AGAIN: -3001 } as const;

const FAMILIES: Readonly<Record<string, Family | 0>> = { 0: 0, 4: 4, 6: 6, IPv4: 4, IPv6: 6 };

type Callback = (
  error: NodeJS.ErrnoException | null,
  address?: string | LookupAddress[],
  family?: number,
) => void;

export function createDns(driver: () => Promise<ModemDriver>): Dns {
  async function find(name: string, family: Family | 0): Promise<LookupAddress[]> {
    const literal = isIP(name);
    if (literal) return [{ address: name, family: literal }];
    // What is no host name is refused here, before anything could become part of a command. The conversion would drop
    // line ends and blanks and find another name.
    const ascii = /[\0-\x20\x7f]/.test(name) ? '' : domainToASCII(name);
    if (!/^[\w-]+(\.[\w-]+)*\.?$/.test(ascii) || ascii.length > 253) throw lookupError('ENOTFOUND', name);
    try {
      const addresses = await (await driver()).resolve(ascii, family);
      return addresses.map(address => ({ address, family: isIP(address) }));
    } catch (cause) {
      throw lookupError(
        cause instanceof SocketFailure && cause.code === 'ENOTFOUND' ? 'ENOTFOUND' : 'EAI_AGAIN',
        name,
        cause,
      );
    }
  }

  function lookup(name: string, options: LookupOptions | number | Callback, callback?: Callback): void {
    const settled = typeof options === 'function' ? options : callback;
    if (typeof settled !== 'function') throw invalidArgumentType('callback', 'of type function', settled);
    const { family, all } = readOptions(typeof options === 'function' ? {} : options);
    checkString(name, 'hostname');
    const tell = (found: LookupAddress[]): void =>
      all ? settled(null, found) : settled(null, found[0]?.address, found[0]?.family);
    const literal = isIP(name);
    // On the next tick as in Node: a socket counts what it sends to a literal as sent before any later turn.
    if (literal) {
      process.nextTick(tell, [{ address: name, family: literal }]);
      return;
    }
    // In a turn of its own, so that what the callback throws is an uncaught exception as in Node.
    find(name, family).then(
      found => setImmediate(tell, found),
      error => setImmediate(settled, error),
    );
  }

  async function lookupPromise(
    name: string,
    options: LookupOptions | number = {},
  ): Promise<LookupAddress | LookupAddress[]> {
    const { family, all } = readOptions(options);
    checkString(name, 'hostname');
    const found = await find(name, family);
    return all ? found : (found[0] ?? Promise.reject(lookupError('ENOTFOUND', name)));
  }

  // Node's declarations are overloads, and `lookup` has a `__promisify__` member that exists in types only.
  return {
    lookup: lookup as unknown as Dns['lookup'],
    promises: { lookup: lookupPromise as Dns['promises']['lookup'] },
  };
}

function readOptions(options: LookupOptions | number): { family: Family | 0; all: boolean } {
  const { family = 0, all = false } = typeof options === 'number' ? { family: options } : options;
  const known = FAMILIES[String(family)];
  if (known === undefined) {
    throw Object.assign(
      new TypeError(`The property 'options.family' must be one of: 0, 4, 6. Received ${String(family)}`),
      {
        code: 'ERR_INVALID_ARG_VALUE',
      },
    );
  }
  return { family: known, all };
}

function lookupError(code: keyof typeof ERRNO, hostname: string, cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ${code} ${hostname}`, { cause });
  return Object.assign(error, { errno: ERRNO[code], code, syscall: 'getaddrinfo', hostname });
}
