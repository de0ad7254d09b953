/** What a QFWD module tells of its sockets: the read forms of the opens, QFWDSTATE and QFWDCFG (quectel-qfwd.md 1.1, 1.2, 1.6, 1.8). */
import type { Handler } from '../command-set.ts';
import { Refusal } from '../refusal.ts';
import { type Parts, takeSocket } from './parts.ts';
import { endsOf, type QfwdSocket } from './socket.ts';
import type { Sockets } from './sockets.ts';
import { takeText, takeUrcPort } from './words.ts';

export function listClients({ machine, sockets }: Parts): Handler {
  const { switches } = machine.settings;
  return (_, reply) => {
    for (const one of shown(sockets, ({ kind }) => kind !== 'server')) {
      const direction = one.kind === 'active' ? 'Active' : 'Income';
      const word = switches.has('direction-lower-case') ? direction.toLowerCase() : direction;
      const fields = [one.id, `"${word}"`, `"${one.protocol}"`, ...endsOf(one, switches), `"${one.urcPort}"`];
      reply.info(`+QFWDCLIENT: ${fields.join(',')}`);
    }
  };
}

function shown(sockets: Sockets, wanted: (one: QfwdSocket) => boolean): QfwdSocket[] {
  return sockets.inUse.filter(one => one.phase !== 'opening' && wanted(one));
}

/** `name` is the spelling in use. */
export function listServers({ sockets }: Parts, name: string): Handler {
  return (_, reply) => {
    for (const one of shown(sockets, ({ kind }) => kind === 'server'))
      reply.info(`${name}: ${one.id},"${one.protocol}",${one.localPort},"${one.urcPort}"`);
  };
}

/** The present peers of a server, counted from 1. */
export function serverState(parts: Parts, name: string): Handler {
  const { machine, sockets } = parts;
  return (args, reply) => {
    const server = takeSocket(args, parts);
    args.end();
    if (server.kind !== 'server') throw new Refusal('ERROR');
    const peers = shown(sockets, one => one.server === server && one.phase === 'open');
    for (const [index, one] of peers.entries()) {
      const fields = [index + 1, one.id, ...endsOf(one, machine.settings.switches)];
      reply.info(`${name}: ${fields.join(',')}`);
    }
  };
}

/** Its keys are strings, of which the case does not matter. */
export function configuration(parts: Parts): Handler {
  const { manner, sockets } = parts;
  return (args, reply) => {
    const key = takeText(args, manner).toLowerCase();
    if (key === 'urc') {
      const one = takeSocket(args, parts);
      if (args.next) one.urcPort = takeUrcPort(args, manner);
      else reply.info(`+QFWDCFG: "urc",${one.id},"${one.urcPort}"`);
    } else if (key === 'urc_with_len' && manner.urcWithLen) {
      // Nobody knows its arguments; most options of the vendor are like that (quectel-qfwd.md 1.8).
      if (args.next) sockets.urcWithLen = args.choice([0, 1]) === 1;
      else reply.info(`+QFWDCFG: "urc_with_len",${sockets.urcWithLen ? 1 : 0}`);
    } else throw new Refusal('ERROR');
    args.end();
  };
}
