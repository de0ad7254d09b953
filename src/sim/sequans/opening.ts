/** How sockets of a Sequans modem come and go: dial, listen, accept, close (sequans.md 3.4, 3.5, 3.12). */
import type { Command } from '../command-set.ts';
import { cme, type FinalResult, Refusal } from '../refusal.ts';
import { familyOf } from '../sim-hosts.ts';
import { protocols } from './connection.ts';
import type { Connections } from './connections.ts';
import { isReachable, localAddress, type Parts, requireClosed, takeConnection } from './parts.ts';

/** Online mode and asynchronous dials are known, but not simulated. */
function notYet(): never {
  throw new Refusal(cme.notSupported);
}

export function dial(parts: Parts): Command {
  const { machine, network, connections, tcp, udp } = parts;
  const { generation, switches } = machine.settings;
  const newer = generation === 2;
  let dialled = 0;
  return {
    test: `(1-${connections.all.length}),(0,1),(1-65535),,(0,255),(0-65535),(0,1),(0-${generation})${newer ? ',(0,1)' : ''}`,
    set: async args => {
      const one = takeConnection(args, parts);
      const protocol = args.choice([protocols.tcp, protocols.udp]);
      const port = args.integer(1, 65535);
      const host = args.quoted();
      args.choice([0, 255], 0);
      const localPort = args.integer(0, 65535, 0);
      const commandMode = args.choice([0, 1], 0) === 1;
      const anyRemote = args.integer(0, generation, 0);
      const asynchronous = newer && args.choice([0, 1], 0) === 1;
      args.end();
      if (host === '') throw new Refusal(cme.incorrectParameters);
      requireClosed(one);
      if (!commandMode || asynchronous) notYet();
      if (network.registration !== 1) throw new Refusal(cme.notSupported);
      if (switches.has('first-dial-fails') && dialled++ === 0) throw new Refusal('NO CARRIER');
      if (protocol === protocols.udp && switches.has('no-shared-local-port'))
        requireFreePort(connections, localPort);
      // The first that its context can reach. Which family it prefers is not known (sequans.md 7).
      const found = machine.hosts.resolve(host);
      const address = found.find(known => isReachable(parts, one, known)) ?? found[0];
      const family = familyOf(address ?? '');
      if (address === undefined || family === undefined) throw new Refusal('NO CARRIER');
      const local = localAddress(parts, one, family);
      const peer = { address, port };
      if (protocol === protocols.tcp) await orRefuse('NO CARRIER', tcp.dial(one, peer, local));
      else
        await orRefuse(cme.notSupported, udp.dial(one, { peer, localAddress: local, localPort, anyRemote }));
    },
  };
}

function requireFreePort(connections: Connections, port: number): void {
  const taken = connections.all.some(one => one.phase !== 'closed' && one.udp?.localPort === port);
  if (port !== 0 && taken) throw new Refusal(cme.notSupported);
}

async function orRefuse(result: FinalResult, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch {
    throw new Refusal(result);
  }
}

/** SQNSL and SQNSLUDP. */
export function listen(parts: Parts, protocol: 0 | 1): Command {
  const { connections } = parts;
  const stream = protocol === protocols.tcp;
  return {
    test: `(1-${connections.all.length}),(0-2),(1-65535)${stream ? ',(0,255)' : ''}`,
    set: async args => {
      const one = takeConnection(args, parts);
      const state = args.choice([0, 1, 2]);
      const port = args.integer(1, 65535);
      if (stream) args.choice([0, 255], 0);
      args.end();
      if (state === 0) {
        if (one.phase !== 'listening' || one.protocol !== protocol) throw new Refusal(cme.notSupported);
        connections.close(one);
        return;
      }
      requireClosed(one);
      const family = state === 1 ? 4 : 6;
      const sockets = stream ? parts.tcp : parts.udp;
      // A port that another has is a wrong state.
      await orRefuse(cme.notSupported, sockets.listen(one, family, localAddress(parts, one, family), port));
    },
  };
}

export function accept(parts: Parts): Command {
  return {
    test: `(1-${parts.connections.all.length}),(0,1)`,
    set: (args, reply) => {
      const one = takeConnection(args, parts);
      const commandMode = args.choice([0, 1], 0) === 1;
      args.end();
      if (one.phase !== 'incoming' || !commandMode) notYet();
      reply.afterwards(() => parts.connections.accept(one));
    },
  };
}

export function close(parts: Parts): Command {
  const { machine, connections } = parts;
  const { switches } = machine.settings;
  return {
    test: `(1-${connections.all.length})`,
    set: (args, reply) => {
      const one = takeConnection(args, parts);
      args.end();
      const wasOpen = one.phase !== 'closed';
      if (!wasOpen && switches.has('close-closed-error')) throw new Refusal(cme.notSupported);
      connections.close(one);
      if (!wasOpen) return;
      if (switches.has('close-echoed')) reply.info(`+SQNSH: ${one.id}`);
      if (switches.has('unsolicited-cme-171') && connections.open === 0) {
        reply.afterwards(() => machine.say('+CME ERROR: 171'));
      }
    },
  };
}
