/** The name servers of the simulated network: what they answer to a message of RFC 1035. */
import { type Answer, type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import { type Endpoint, type Family, familyOf, type Hosts } from './sim-hosts.ts';

/** Of documentation prefixes (RFC 5737, RFC 3849). `host=` may map one of them to a real server. */
export const nameServers: Readonly<Record<Family, readonly string[]>> = {
  4: ['192.0.2.53', '192.0.2.54'],
  6: ['2001:db8::53', '2001:db8::54'],
};
const DOMAIN_PORT = 53;
const TTL_S = 60;

/** RFC 1035 4.1.1. */
const codes = { done: 0, malformed: 1, noSuchName: 3, notImplemented: 4 } as const;
const TRUNCATED = 1 << 9;
const OPCODE = 0xf << 11;
const RECURSION_DESIRED = 1 << 8;
const RECURSION_AVAILABLE = 1 << 7;
const HEADER_BYTES = 12;
/** Without EDNS (RFC 1035 2.3.4), and the most with it. */
const DATAGRAM = { least: 512, most: 4096 } as const;

/** Is it one of ours, seen directly or through the NAT64, and not mapped to another? */
export function isNameServer({ address, port }: Endpoint, hosts: Hosts): boolean {
  const ours = [...nameServers[4], ...nameServers[6]];
  const named = ours.includes(address) || ours.includes(hosts.behindNat64(address));
  return named && port === DOMAIN_PORT && hosts.route(address) === undefined;
}

/** The answer in one datagram, cut where it does not fit. undefined: that was no question. */
export function answerDatagram(message: Buffer, hosts: Hosts): Buffer | undefined {
  return answer(message, hosts, query => {
    const edns = query.additionals?.find(record => record.type === 'OPT');
    const size = edns?.type === 'OPT' ? edns.udpPayloadSize : 0;
    return Math.min(Math.max(size, DATAGRAM.least), DATAGRAM.most);
  });
}

/** The answer over TCP, where everything fits. */
export function answerStream(message: Buffer, hosts: Hosts): Buffer | undefined {
  return answer(message, hosts, () => 0xffff);
}

function answer(
  message: Buffer,
  hosts: Hosts,
  limitFor: (query: DecodedPacket) => number,
): Buffer | undefined {
  // Whoever answers answers may do so for ever.
  if (message.length < HEADER_BYTES || message.readUInt8(2) >= 0x80) return undefined;
  try {
    const query = decode(message);
    const full = encode(replyTo(query, hosts));
    if (full.length <= limitFor(query)) return full;
    return encode({ ...header(query, codes.done | TRUNCATED), questions: query.questions ?? [] });
  } catch {
    const [id, flags] = [message.readUInt16BE(0), message.readUInt16BE(2)];
    return encode({ ...header({ id, flags }, codes.malformed) });
  }
}

function header({ id, flags = 0 }: Pick<Packet, 'id' | 'flags'>, result: number): Packet {
  return {
    type: 'response',
    ...(id !== undefined && { id }),
    flags: (flags & RECURSION_DESIRED) | RECURSION_AVAILABLE | result,
  };
}

function replyTo(query: DecodedPacket, hosts: Hosts): Packet {
  const { questions = [] } = query;
  const [question] = questions;
  const additionals: Answer[] = query.additionals?.some(record => record.type === 'OPT') ? [ownEdns] : [];
  const reply = (result: number, answers: Answer[] = []): Packet => {
    const authorities = result === codes.notImplemented || answers.length > 0 ? [] : [authority];
    return { ...header(query, result), questions, answers, authorities, additionals };
  };
  if (((query.flags ?? 0) & OPCODE) !== 0) return reply(codes.notImplemented);
  if (questions.length !== 1 || !question) throw new Error('not one question');
  const answers = recordsOf(question.name, question.type, hosts);
  const exists = answers.length > 0 || addressesOf(question.name, hosts).length > 0;
  return reply(exists ? codes.done : codes.noSuchName, answers);
}

const ownEdns: Answer = {
  name: '.',
  type: 'OPT',
  udpPayloadSize: DATAGRAM.most,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** It tells for how long "no" is to be believed (RFC 2308). */
const authority: Answer = {
  name: '.',
  type: 'SOA',
  ttl: TTL_S,
  data: {
    mname: 'ns.simulator.test',
    rname: 'nobody.simulator.test',
    serial: 1,
    refresh: TTL_S,
    retry: TTL_S,
    expire: TTL_S,
    minimum: TTL_S,
  },
};

/** An address is no name here. */
function addressesOf(name: string, hosts: Hosts): readonly string[] {
  return familyOf(name) === undefined ? hosts.resolve(name) : [];
}

function recordsOf(name: string, type: string, hosts: Hosts): Answer[] {
  if (type === 'PTR') {
    const address = reversed(name);
    const names = address === undefined ? [] : hosts.namesOf(address);
    return names.map(data => ({ name, type: 'PTR', ttl: TTL_S, data }));
  }
  const family = { A: 4, AAAA: 6 }[type];
  return addressesOf(name, hosts)
    .filter(address => familyOf(address) === family)
    .map(data => ({ name, type: family === 4 ? 'A' : 'AAAA', ttl: TTL_S, data }));
}

/** The address behind a name of in-addr.arpa or ip6.arpa. */
function reversed(name: string): string | undefined {
  const [, v4, v6] = /^(?:(.+)\.in-addr|((?:[\da-f]\.){32})ip6)\.arpa\.?$/i.exec(name) ?? [];
  const address = v4
    ? v4.split('.').reverse().join('.')
    : v6
      ? (v6.replaceAll('.', '').split('').reverse().join('').match(/.{4}/g) ?? []).join(':')
      : '';
  return familyOf(address) === undefined ? undefined : address;
}
