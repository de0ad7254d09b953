/** `node --import atsock/register app.js`: Node's own sockets go over the default modem. */
import { openSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { defaultModem, defaultModemUrl } from './default-modem.ts';
import { parseModemUrl } from './modem-url.ts';
import { install } from './register/install.ts';
import { parseRules, type Rules } from './register/rules.ts';

const WRONG_USAGE = 2;

const { ATSOCK_MODEM = '', ATSOCK_QUIET, ATSOCK_ROUTE = '', ATSOCK_TRACE } = process.env;

install(defaultModem, readEnvironment());
if (ATSOCK_TRACE) traceTo(ATSOCK_TRACE);
if (!ATSOCK_QUIET && isMainThread) announce();

/** Before the program runs: what is wrong would otherwise be found by its first socket. */
function readEnvironment(): Rules {
  try {
    parseModemUrl(defaultModemUrl());
    return parseRules(ATSOCK_ROUTE);
  } catch (error) {
    say((error as Error).message);
    process.exit(WRONG_USAGE);
  }
}

/** Several processes may share the file; it is for its owner only, since it holds payload. */
function traceTo(path: string): void {
  const file = path === '-' ? process.stderr.fd : openSync(path, 'a', 0o600);
  defaultModem.on('trace', line => writeSync(file, `${line}\n`));
}

function announce(): void {
  const modem = ATSOCK_MODEM.replace(/\?.*$/s, '');
  const first = ATSOCK_ROUTE && `; before that ATSOCK_ROUTE: ${ATSOCK_ROUTE}`;
  say(`sockets go over ${modem}; loopback, the local link, UNIX sockets and servers stay local${first}`);
}

function say(line: string): void {
  process.stderr.write(`atsock: ${line}\n`);
}
