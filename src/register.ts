/** `node --import atsock/register app.js`: Node's own sockets go over the default modem. */
import { openSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { defaultModem, defaultModemUrl } from './default-modem.ts';
import { parseModemUrl } from './modem-url.ts';
import { install } from './register/install.ts';
import { parseRules, type Rules } from './register/rules.ts';
import { oncePerThread } from './util/once-per-thread.ts';

const WRONG_USAGE = 2;

const { ATSOCK_MODEM = '', ATSOCK_QUIET, ATSOCK_ROUTE = '', ATSOCK_TRACE } = process.env;

oncePerThread('register', () => {
  install(defaultModem, orEnd(readEnvironment));
  if (ATSOCK_TRACE) orEnd(() => traceTo(ATSOCK_TRACE));
  if (!ATSOCK_QUIET && isMainThread) announce();
});

/** Before the program runs: what is wrong would otherwise be found by its first socket. */
function orEnd<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    say((error as Error).message);
    process.exit(WRONG_USAGE);
  }
}

function readEnvironment(): Rules {
  parseModemUrl(defaultModemUrl());
  return parseRules(ATSOCK_ROUTE);
}

/** Several processes may share the file; it is for its owner only, since it holds payload. */
function traceTo(path: string): void {
  if (/\.html?$/i.test(path))
    throw new Error('the trace of a program is text; give ATSOCK_TRACE another name');
  const file = path === '-' ? process.stderr.fd : openSync(path, 'a', 0o600);
  const write = (line: string): void => {
    try {
      writeSync(file, `${line}\n`);
    } catch (error) {
      // A full disk must not end connections.
      defaultModem.off('trace', write);
      say(`the trace ends here: ${(error as Error).message}`);
    }
  };
  defaultModem.on('trace', write);
}

function announce(): void {
  const modem = ATSOCK_MODEM.replace(/\?.*$/s, '');
  const first = ATSOCK_ROUTE && `; before that ATSOCK_ROUTE: ${ATSOCK_ROUTE}`;
  say(`sockets go over ${modem}; loopback, the local link, UNIX sockets and servers stay local${first}`);
}

function say(line: string): void {
  process.stderr.write(`atsock: ${line}\n`);
}
