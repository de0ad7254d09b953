/** +SQNSCFG and +SQNSCFGEXT: what a socket is told before it is used (sequans.md 3.2, 3.3). */
import type { Command, CommandSet } from '../command-set.ts';
import { cme, Refusal } from '../refusal.ts';
import type { Connection } from './connection.ts';
import { highestCid } from './memory.ts';

export function settingCommands(connections: readonly Connection[], generation: 1 | 2): CommandSet {
  const takeClosed = (id: number): Connection => {
    const one = connections[id - 1];
    // Drivers configure before they dial; Telit refuses it later (sequans.md 3.2).
    if (one?.phase !== 'closed') throw new Refusal(cme.notSupported);
    return one;
  };
  const ids = `(1-${connections.length})`;
  const config: Command = {
    test: `${ids},(1-${highestCid}),(0-1500),(0-65535),(0,10-1200),(0-255)`,
    read: (_, reply) => {
      for (const { id, settings } of connections) {
        const { cid, packetSize, maxTimeout, connectTimeout, sendTimeout } = settings.config;
        reply.info(`+SQNSCFG: ${[id, cid, packetSize, maxTimeout, connectTimeout, sendTimeout].join(',')}`);
      }
    },
    set: args => {
      const id = args.integer(1, connections.length);
      const cid = args.integer(1, highestCid);
      const packetSize = args.integer(0, 1500);
      const maxTimeout = args.integer(0, 65535);
      const connectTimeout = args.integer(0, 1200);
      const sendTimeout = args.integer(0, 255);
      args.end();
      if (connectTimeout > 0 && connectTimeout < 10) throw new Refusal(cme.incorrectParameters);
      takeClosed(id).settings.config = { cid, packetSize, maxTimeout, connectTimeout, sendTimeout };
    },
  };
  // Pycom's firmware shows two fields more that are always 0 (sequans.md 3.3).
  const unused = generation === 1 ? 2 : 0;
  const extension: Command = {
    test: `${ids},(0-2),(0,1),(0-240),(0,1),(0,1)${',(0)'.repeat(unused)}`,
    read: (_, reply) => {
      for (const { id, settings } of connections) {
        const { ringMode, receiveHex, keepalive, autoAccept, sendHex } = settings.extension;
        const shown = [id, ringMode, receiveHex, keepalive, autoAccept, sendHex];
        reply.info(`+SQNSCFGEXT: ${shown.join(',')}${',0'.repeat(unused)}`);
      }
    },
    set: args => {
      const one = connections[args.integer(1, connections.length) - 1];
      const old = one?.settings.extension;
      const ringMode = args.integer(0, 2);
      const receiveHex = args.integer(0, 1);
      const keepalive = args.integer(0, 240);
      // What is left out keeps its old value (sequans.md 3.3).
      const autoAccept = args.integer(0, 1, old?.autoAccept);
      const sendHex = args.integer(0, 1, old?.sendHex);
      for (let field = 0; field < unused; field++) args.integer(0, 0, 0);
      args.end();
      takeClosed(one?.id ?? 0).settings.extension = { ringMode, receiveHex, keepalive, autoAccept, sendHex };
    },
  };
  return { '+SQNSCFG': config, '+SQNSCFGEXT': extension };
}
