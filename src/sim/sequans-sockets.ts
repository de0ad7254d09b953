/** The socket commands of a Sequans modem: dial, listen, send, receive, look, close, resolve (sequans.md 3). */
import { formatSocketAddress } from './address-forms.ts';
import type { Arguments } from './arguments.ts';
import type { Command, CommandSet } from './command-set.ts';
import type { Machine } from './firmware.ts';
import { cme, Refusal } from './refusal.ts';
import { type Connection, type Connections, LARGEST, stateNumber } from './sequans-connections.ts';
import { settingCommands } from './sequans-settings.ts';
import { canonicalAddress, type Family, familyOf } from './sim-hosts.ts';
import type { Network } from './sim-network.ts';
import type { Endpoint } from './udp-link.ts';

interface Parts {
  readonly machine: Machine;
  readonly network: Network;
  readonly connections: Connections;
}

/** What walter-esp-idf calls the most that one send may announce; it is then cut (sequans.md 3.6). */
const LARGEST_CUT = 16_777_216;

export function socketCommands(parts: Parts): CommandSet {
  const { machine, connections } = parts;
  return {
    ...settingCommands(connections.all, machine.settings.generation),
    '+SQNSD': dial(parts),
    '+SQNSL': { test: `(1-${connections.all.length}),(0-2),(1-65535),(0,255)`, set: notYet },
    '+SQNSLUDP': listen(parts),
    '+SQNSA': accept(parts),
    '+SQNSSENDEXT': send(parts),
    '+SQNSRECV': receive(parts),
    ...(machine.settings.switches.has('no-sqnsi') ? {} : { '+SQNSI': counters(parts) }),
    '+SQNSS': status(parts),
    '+SQNSH': close(parts),
    '+SQNDNSLKUP': resolve(parts),
  };
}

/** TCP, online mode and asynchronous dials are known, but not simulated. */
function notYet(): never {
  throw new Refusal(cme.notSupported);
}

function takeConnection(args: Arguments, { connections }: Parts): Connection {
  const one = connections.all[args.integer(1, connections.all.length) - 1];
  if (!one) throw new Refusal(cme.incorrectParameters);
  return one;
}

function requireClosed(one: Connection): void {
  if (one.phase !== 'closed') throw new Refusal(cme.notSupported);
}

/** The modem's address of a family, on the PDP context of a socket. */
function localAddress({ network }: Parts, one: Connection, family: Family): string {
  const { cid } = one.settings.config;
  if (network.registration !== 1 || !network.isActive(cid)) throw new Refusal(cme.notSupported);
  const address = network.address(cid, family);
  if (address === undefined) throw new Refusal('NO CARRIER');
  return address;
}

function dial(parts: Parts): Command {
  const { machine, network, connections } = parts;
  const { generation, switches } = machine.settings;
  const newer = generation === 2;
  let dialled = 0;
  return {
    test: `(1-${connections.all.length}),(0,1),(1-65535),,(0,255),(0-65535),(0,1),(0-${generation})${newer ? ',(0,1)' : ''}`,
    set: async args => {
      const one = takeConnection(args, parts);
      const protocol = args.choice([0, 1]);
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
      if (protocol === 0 || !commandMode || asynchronous) notYet();
      if (network.registration !== 1) throw new Refusal(cme.notSupported);
      if (switches.has('first-dial-fails') && dialled++ === 0) throw new Refusal('NO CARRIER');
      if (switches.has('no-shared-local-port')) requireFreePort(connections, localPort);
      // Which family it prefers is not known (sequans.md 7).
      const [address] = machine.hosts.resolve(host);
      const family = familyOf(address ?? '');
      if (address === undefined || family === undefined) throw new Refusal('NO CARRIER');
      const local = localAddress(parts, one, family);
      await bound(connections.dial(one, { address, port }, local, localPort, anyRemote));
    },
  };
}

function requireFreePort(connections: Connections, port: number): void {
  const taken = connections.all.some(one => one.phase !== 'closed' && one.link?.localPort === port);
  if (port !== 0 && taken) throw new Refusal(cme.notSupported);
}

/** A local port that cannot be had is a wrong state. */
async function bound(binding: Promise<void>): Promise<void> {
  try {
    await binding;
  } catch {
    throw new Refusal(cme.notSupported);
  }
}

function listen(parts: Parts): Command {
  const { connections } = parts;
  return {
    test: `(1-${connections.all.length}),(0-2),(1-65535)`,
    set: async args => {
      const one = takeConnection(args, parts);
      const state = args.choice([0, 1, 2]);
      const port = args.integer(1, 65535);
      args.end();
      if (state === 0) {
        if (one.phase !== 'listening') throw new Refusal(cme.notSupported);
        connections.close(one);
        return;
      }
      requireClosed(one);
      const family = state === 1 ? 4 : 6;
      await bound(connections.listen(one, family, localAddress(parts, one, family), port));
    },
  };
}

function accept(parts: Parts): Command {
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

function send(parts: Parts): Command {
  const { machine, connections } = parts;
  const { generation, switches } = machine.settings;
  const largest = switches.has('send-splits') ? LARGEST_CUT : LARGEST;
  const newer = generation === 2;
  return {
    test: `(1-${connections.all.length}),(1-${largest})${newer ? ',(0-2)' : ''}`,
    set: async (args, reply) => {
      const one = takeConnection(args, parts);
      const length = args.integer(1, largest);
      if (newer) args.choice([0, 1, 2], 0);
      const destination = newer && args.count > 3 ? takeDestination(args, parts) : undefined;
      args.end();
      if (one.phase !== 'open') throw new Refusal(cme.notSupported);
      checkDestination(one, destination);
      if (switches.has('first-prompt-refused') && one.untried) {
        one.untried = false;
        throw new Refusal(cme.notSupported);
      }
      if (switches.has('send-buffer-full') && machine.random() < 1 / 3) throw new Refusal(cme.notSupported);
      const payload = await reply.payload(length, one.settings.extension.sendHex === 1);
      const to = destination ?? one.peer;
      // It may have been closed while the payload came.
      if (one.phase !== 'open' || !to) throw new Refusal(cme.notSupported);
      for (let at = 0; at < length; at += LARGEST)
        connections.send(one, payload.subarray(at, at + LARGEST), to);
    },
  };
}

function takeDestination(args: Arguments, { machine }: Parts): Endpoint {
  const { switches } = machine.settings;
  const { text, quoted } = args.word();
  const port = args.integer(1, 65535);
  const refused = switches.has(quoted ? 'sendext-bare-address' : 'sendext-quoted-address');
  if (refused || familyOf(text) === undefined) throw new Refusal(cme.incorrectParameters);
  return { address: canonicalAddress(text), port };
}

/** Only a socket that may send to anybody takes one, and only of its own family (sequans.md 3.6). */
function checkDestination(one: Connection, destination: Endpoint | undefined): void {
  if (destination && (one.anyRemote !== 2 || familyOf(destination.address) !== one.family)) {
    throw new Refusal(cme.notSupported);
  }
}

function receive(parts: Parts): Command {
  const { machine, connections } = parts;
  const { switches } = machine.settings;
  const source = (one: Connection, from: Endpoint): string => {
    if (one.anyRemote === 0 || switches.has('recv-without-address')) return '';
    const address = formatSocketAddress(from.address, switches);
    return switches.has('recv-unquoted-address') ? `,${address},${from.port}` : `,"${address}",${from.port}`;
  };
  return {
    test: `(1-${connections.all.length}),(1-${LARGEST})`,
    set: (args, reply) => {
      const one = takeConnection(args, parts);
      const limit = args.integer(1, LARGEST);
      args.end();
      if (one.phase !== 'open' && one.unread === 0) throw new Refusal(cme.notSupported);
      const datagram = connections.read(one, limit);
      if (!datagram) {
        if (switches.has('recv-empty-error')) throw new Refusal(cme.notSupported);
        reply.info(`+SQNSRECV: ${one.id},0`);
        return;
      }
      const shown = datagram.data.toString(one.settings.extension.receiveHex === 1 ? 'hex' : 'latin1');
      const length = switches.has('recv-hex-counts-characters') ? shown.length : datagram.data.length;
      reply.data(`+SQNSRECV: ${one.id},${length}${source(one, datagram.from)}`, shown);
    },
  };
}

function counters(parts: Parts): Command {
  // Nothing waits for an acknowledgement: UDP has none.
  const line = (one: Connection): string => `+SQNSI: ${one.id},${one.sent},${one.received},${one.unread},0`;
  return {
    test: `(1-${parts.connections.all.length})`,
    action: (_, reply) => {
      for (const one of parts.connections.all) reply.info(line(one));
    },
    set: (args, reply) => {
      const one = takeConnection(args, parts);
      args.end();
      reply.info(line(one));
    },
  };
}

function status({ machine, connections }: Parts): Command {
  const { generation, switches } = machine.settings;
  const line = (one: Connection): string => {
    const state = stateNumber(one);
    if (state === 0) return `+SQNSS: ${one.id},0`;
    const nobody = { address: one.family === 4 ? '0.0.0.0' : '::', port: 0 };
    const [local, remote] = [
      { address: one.localAddress, port: one.link?.localPort ?? 0 },
      one.peer ?? nobody,
    ];
    const ends = [local, remote].map(end => `"${formatSocketAddress(end.address, switches)}",${end.port}`);
    return `+SQNSS: ${one.id},${state},${ends.join(',')}${generation === 2 ? `,${one.protocol}` : ''}`;
  };
  const all: Command['read'] = (_, reply) => {
    for (const one of connections.all) reply.info(line(one));
  };
  return { action: all, read: all };
}

function close(parts: Parts): Command {
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

function resolve({ machine, network }: Parts): Command {
  const { switches } = machine.settings;
  const quote = (text: string): string => (switches.has('dns-unquoted') ? text : `"${text}"`);
  return {
    set: (args, reply) => {
      const name = args.quoted();
      const family = args.choice([0, 1], 0) === 0 ? 4 : 6;
      args.end();
      if (name === '') throw new Refusal(cme.incorrectParameters);
      if (network.registration !== 1) throw new Refusal(cme.notSupported);
      const addresses = machine.hosts.resolve(name, family).map(quote);
      if (addresses.length === 0) throw new Refusal('ERROR');
      const lines = switches.has('dns-line-per-address') ? addresses : [addresses.join(',')];
      for (const line of lines) reply.info(`+SQNDNSLKUP: ${quote(name)},${line}`);
    },
  };
}
