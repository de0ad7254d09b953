/** What passes through the sockets of a Sequans modem: send, receive, counters, states (sequans.md 3.6 to 3.11). */
import { formatSocketAddress } from '../address-forms.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command-set.ts';
import { cme, Refusal } from '../refusal.ts';
import { canonicalAddress, type Endpoint, familyOf } from '../sim-hosts.ts';
import type { TcpLink } from '../tcp-link.ts';
import { type Connection, localPortOf, stateNumber } from './connection.ts';
import { LARGEST } from './connections.ts';
import { type Parts, takeConnection } from './parts.ts';
import { Payload } from './payload.ts';

/** What walter-esp-idf calls the most that one send may announce; it is then cut (sequans.md 3.6). */
const LARGEST_CUT = 16_777_216;
/** What is not acknowledged stays in the modem; no source tells the size. A send that does not fit gets no prompt. */
const TRANSMIT_ROOM = 8192;

export function send(parts: Parts): Command {
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
      // It is full for now: no prompt (sequans.md 5.2.9, toit).
      if (one.tcp && isFull(one.tcp, length)) throw new Refusal(cme.notSupported);
      const carrier = one.tcp ?? one.udp;
      const payload = new Payload(length, one.settings.extension.sendHex === 1);
      await reply.payload(payload);
      // What TinyGSM met when it ended such a command with CR LF (sequans.md 1.2).
      if (payload.spoiled) throw new Refusal(cme.notSupported);
      const to = destination ?? one.peer;
      // It may have been closed while the payload came, and its listener may have taken another caller.
      if (one.phase !== 'open' || (one.tcp ?? one.udp) !== carrier || !to)
        throw new Refusal(cme.notSupported);
      for (let at = 0; at < length; at += LARGEST)
        connections.send(one, payload.bytes.subarray(at, at + LARGEST), to);
    },
  };
}

function isFull({ waiting }: TcpLink, length: number): boolean {
  return waiting > 0 && waiting + length > TRANSMIT_ROOM;
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

export function receive(parts: Parts): Command {
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
      const readable = one.phase === 'open' || (one.phase === 'closed' && one.queue.bytes > 0);
      if (!readable) throw new Refusal(cme.notSupported);
      const taken = connections.read(one, limit);
      if (!taken) {
        if (switches.has('recv-empty-error')) throw new Refusal(cme.notSupported);
        reply.info(`+SQNSRECV: ${one.id},0`);
        return;
      }
      const shown = taken.data.toString(one.settings.extension.receiveHex === 1 ? 'hex' : 'latin1');
      const length = switches.has('recv-hex-counts-characters') ? shown.length : taken.data.length;
      reply.data(`+SQNSRECV: ${one.id},${length}${source(one, taken.from)}`, shown);
    },
  };
}

export function counters(parts: Parts): Command {
  // Nothing of UDP waits for an acknowledgement.
  const line = (one: Connection): string =>
    `+SQNSI: ${[one.id, one.sent, one.received, one.queue.bytes, one.tcp?.waiting ?? 0].join(',')}`;
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

export function status({ machine, connections }: Parts): Command {
  const { generation, switches } = machine.settings;
  const line = (one: Connection): string => {
    const state = stateNumber(one);
    if (state === 0) return `+SQNSS: ${one.id},0`;
    const nobody = { address: one.family === 4 ? '0.0.0.0' : '::', port: 0 };
    const [local, remote] = [{ address: one.localAddress, port: localPortOf(one) }, one.peer ?? nobody];
    const ends = [local, remote].map(end => `"${formatSocketAddress(end.address, switches)}",${end.port}`);
    return `+SQNSS: ${one.id},${state},${ends.join(',')}${generation === 2 ? `,${one.protocol}` : ''}`;
  };
  const all: Command['read'] = (_, reply) => {
    for (const one of connections.all) reply.info(line(one));
  };
  return { action: all, read: all };
}
