/** QFWDCLIENT, QFWDSEVER and QFWDCLOSE: how the host opens and closes sockets (quectel-qfwd.md 1.1, 1.2, 1.7). */
import type { Arguments } from '../arguments.ts';
import type { Handler, Reply } from '../command-set.ts';
import { Refusal } from '../refusal.ts';
import { dial } from './clients.ts';
import type { Manner, UrcPort } from './manner.ts';
import { type Parts, takeSocket } from './parts.ts';
import { listen } from './servers.ts';
import { newSocket, type QfwdSocket } from './socket.ts';
import * as words from './words.ts';

/** pdp_cid; 0 is any. */
const HIGHEST_CID = 16;
const IDLE_S = 60;
const OUTCOMES = { done: 0, failed: 1, connectFailed: 566 } as const;

export function client(parts: Parts): Handler {
  const { manner, sockets } = parts;
  return (args, reply) => {
    words.checkTail(args, manner, 7, 1);
    const cid = args.integer(0, HIGHEST_CID);
    const id = words.takeId(args);
    const family = words.takeFamily(args, manner);
    const protocol = words.takeWord(args, manner, words.protocols);
    const host = words.takeText(args, manner);
    const port = args.integer(1, 65_535);
    const urcPort = words.takeUrcPortTail(args, manner);
    args.end();
    if (host === '' || sockets.refuses(id)) throw new Refusal('ERROR');
    const one = newSocket({ id, kind: 'active', protocol, family, urcPort });
    return open(parts, reply, one, () => dial(parts, one, { cid, host, port }));
  };
}

export function server(parts: Parts): Handler {
  const { manner, sockets } = parts;
  return (args, reply) => {
    const { cid, id, family, protocol, localPort, idleSeconds, urcPort } = takeServer(args, manner);
    if (sockets.refuses(id)) throw new Refusal('ERROR');
    const one = newSocket({ id, kind: 'server', protocol, family, localPort, idleSeconds, urcPort });
    return open(parts, reply, one, () => listen(parts, one, cid));
  };
}

export function close(parts: Parts): Handler {
  return (args, reply) => {
    const one = takeSocket(args, parts);
    args.end();
    const told = one.kind !== 'server' && one.phase === 'open';
    parts.sockets.close(one);
    if (told && parts.machine.settings.switches.has('close-urc-on-local-close'))
      reply.afterwards(() => parts.sockets.say(one, 'client/close', one.id));
  };
}

/** OK says that the parameters were taken; a URC tells the outcome later. */
function open(
  parts: Parts,
  reply: Reply,
  one: QfwdSocket,
  attempt: () => Promise<() => void>,
): void | Promise<void> {
  parts.sockets.add(one);
  if (parts.machine.settings.switches.has('urc-before-ok')) return settle(parts, one, attempt);
  reply.afterwards(async () => {
    for (let turns = parts.machine.random() * 4; turns >= 1; turns--) await new Promise(setImmediate);
    // The host may have closed it already.
    if (parts.sockets.has(one)) await settle(parts, one, attempt);
  });
}

async function settle(parts: Parts, one: QfwdSocket, attempt: () => Promise<() => void>): Promise<void> {
  const { sockets, machine } = parts;
  const { done, failed, connectFailed } = OUTCOMES;
  const what = one.kind === 'server' ? 'server/open' : 'client/open';
  try {
    const begin = await attempt();
    if (!sockets.has(one)) return;
    one.phase = 'open';
    sockets.say(one, what, one.id, done);
    begin();
  } catch {
    // The host may have closed it meanwhile, or the module restarted.
    if (!sockets.has(one)) return;
    sockets.fail(one);
    sockets.say(one, what, one.id, machine.settings.switches.has('open-result-566') ? connectFailed : failed);
  }
}

interface ServerOrder extends Pick<QfwdSocket, 'id' | 'family' | 'protocol' | 'localPort' | 'idleSeconds'> {
  readonly cid: number;
  readonly urcPort: UrcPort;
}

/** The table has eight arguments, the example six and no place for the rest; where both are known the APN tells (quectel-qfwd.md 2.1). */
function takeServer(args: Arguments, manner: Manner): ServerOrder {
  words.checkTail(args, manner, 8, 2);
  const first = args.integer(0, words.highestId);
  const example = manner.serverArguments.includes('example');
  const table = manner.serverArguments.includes('table');
  const withApn = example && (!table || args.next?.quoted === true);
  if (withApn) words.takeText(args, manner);
  const [cid, id] = withApn ? [0, first] : [first, words.takeId(args)];
  if (cid > HIGHEST_CID || id === 0) throw new Refusal('ERROR');
  const family = words.takeFamily(args, manner);
  const protocol = words.takeWord(args, manner, words.protocols);
  const localPort = args.integer(1, 65_535);
  // Peers are accepted at once, so none is ever pending.
  args.integer(1, 10);
  const idleSeconds = args.integer(1, 65_535, IDLE_S);
  const urcPort = words.takeUrcPortTail(args, manner);
  args.end();
  return { cid, id, family, protocol, localPort, idleSeconds, urcPort };
}
