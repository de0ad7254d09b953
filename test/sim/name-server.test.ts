/** The name servers of the simulated network, asked through the sockets of a modem, for both command sets. */
import {
  type Answer,
  decode,
  encode,
  type Packet,
  type Question,
  streamDecode,
  streamEncode,
} from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { isNameServer } from '../../src/sim/name-server.ts';
import { Hosts } from '../../src/sim/sim-hosts.ts';
import { line, OK, openTerminal, type Terminal } from './terminal.ts';

const host = {
  'both.test': ['192.0.2.1', '192.0.2.2', '2001:db8::9'],
  'four.test': ['192.0.2.4'],
  'big.test': Array.from({ length: 60 }, (_, index) => `192.0.2.${100 + index}`),
  'x.invalid': ['192.0.2.5'],
};
const SERVERS = { 4: '192.0.2.53', 6: '2001:db8::53' } as const;
const TRUNCATED = 1 << 9;

/** A socket of the modem with a name server as its peer. */
interface Asker {
  ask(message: Buffer): Promise<void>;
  /** What was told to wait. */
  answer(): Promise<Buffer>;
  /** What waits, if anything does. */
  read(): Promise<Buffer>;
}

async function openSequans(at: Terminal, server: string, protocol: 'udp' | 'tcp'): Promise<Asker> {
  await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
  await at.command(`AT+SQNSD=1,${protocol === 'udp' ? 1 : 0},53,"${server}",0,0,1`, OK);
  const read = (): Promise<Buffer> => {
    at.write('AT+SQNSRECV=1,1500\r');
    return takeData(at, /\+SQNSRECV: 1,(\d+)\r\n/);
  };
  return {
    read,
    ask: async message => {
      await at.command(`AT+SQNSSENDEXT=1,${message.length}`, '\r\n> ');
      at.stream.write(message);
      await at.expect(OK);
    },
    answer: async () => {
      await at.match(/\+SQNSRING: 1,\d+\r\n/);
      return read();
    },
  };
}

async function openQuectel(at: Terminal, server: string, protocol: 'udp' | 'tcp'): Promise<Asker> {
  const family = server.includes(':') ? 'IPV6' : 'IP';
  await at.command(`AT+QFWDCLIENT=1,100,"${family}","${protocol}","${server}",53`, OK);
  await at.expect(line('+QFWDURC: "client/open",100,0'));
  const read = (): Promise<Buffer> => {
    at.write('AT+QFWDRECV=100,1024\r');
    return takeData(at, /\+QFWDRECV: 100,(\d+)\r\n/);
  };
  return {
    read,
    ask: async message => {
      await at.command(`AT+QFWDSEND=100,0,${message.length}`, '\r\n> ');
      at.stream.write(message);
      await at.match(/\+QFWDSEND: 100,\d+\r\n\r\nOK\r\n/);
    },
    answer: async () => {
      await at.match(/"client\/read",100,\d+\r\n/);
      return read();
    },
  };
}

async function takeData(at: Terminal, header: RegExp): Promise<Buffer> {
  const [, length] = await at.match(header);
  const data = await at.take(Number(length));
  await at.match(/\r\nOK\r\n/);
  return data;
}

const question = (name: string, type: string): Question => ({ name, type: type as Question['type'] });
const query = (name: string, type: string, more: Packet = {}): Packet => ({
  type: 'query',
  id: 0x1234,
  flags: 1 << 8,
  questions: [question(name, type)],
  ...more,
});
const edns = (udpPayloadSize: number): Answer => ({
  name: '.',
  type: 'OPT',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});
const data = ({ answers = [] }: Packet): unknown[] =>
  answers.map(record => ('data' in record ? record.data : ''));

describe.each([
  ['sequans', openSequans],
  ['quectel-qfwd', openQuectel],
] as const)('through %s', (commandSet, open) => {
  const start = async (
    protocol: 'udp' | 'tcp' = 'udp',
    server: string = SERVERS[4],
    more: SimOptions = {},
  ) => {
    const { at, sim } = await openTerminal({ commandSet, host, ...more });
    return { at, sim, asker: await open(at, server, protocol) };
  };

  it.each([
    ['both.test', 'A', 0, ['192.0.2.1', '192.0.2.2']],
    ['BoTh.TeSt', 'AAAA', 0, ['2001:db8::9']],
    ['four.test', 'AAAA', 0, []],
    ['four.test', 'MX', 0, []],
    ['localhost', 'A', 0, ['127.0.0.1']],
    ['nowhere.test', 'A', 3, []],
    ['x.invalid', 'A', 3, []],
    ['127.0.0.1', 'A', 3, []],
    ['2.2.0.192.in-addr.arpa', 'PTR', 0, ['both.test']],
    ['9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa', 'PTR', 0, ['both.test']],
    ['1.2.3.4.in-addr.arpa', 'PTR', 3, []],
    ['nonsense.in-addr.arpa', 'PTR', 3, []],
    ['.', 'NS', 3, []],
  ])('%s %s is %i %j', async (name, type, code, expected) => {
    for (const server of Object.values(SERVERS)) {
      const { at, asker } = await start('udp', server);
      await asker.ask(encode(query(name, type)));
      const answer = decode(await asker.answer());
      expect(answer).toMatchObject({ id: 0x1234, type: 'response', questions: [{ name, type }] });
      expect([(answer.flags ?? 0) & 15, data(answer)]).toEqual([code, expected]);
      // "No" comes with the time for which it is to be believed.
      expect(answer.authorities?.map(record => record.type)).toEqual(expected.length > 0 ? [] : ['SOA']);
      await at.quiet();
    }
  });

  it('cuts what does not fit into a datagram, and has it all with EDNS or over TCP', async () => {
    const { asker } = await start();
    const big = encode(query('big.test', 'A'));
    await asker.ask(big);
    const cut = decode(await asker.answer());
    expect([(cut.flags ?? 0) & TRUNCATED, data(cut)]).toEqual([TRUNCATED, []]);
    const { asker: stream } = await start('tcp');
    const asked = Buffer.concat([
      streamEncode(query('big.test', 'A')),
      streamEncode(query('four.test', 'A')),
    ]);
    await stream.ask(asked.subarray(0, 1));
    await stream.ask(asked.subarray(1));
    let replies = await stream.answer();
    const length = (at: number): number =>
      replies.length < at + 2 ? 1e6 : at + 2 + replies.readUInt16BE(at);
    while (replies.length < length(length(0))) replies = Buffer.concat([replies, await stream.read()]);
    expect(data(streamDecode(replies.subarray(0, length(0))))).toHaveLength(60);
    expect(data(streamDecode(replies.subarray(length(0))))).toEqual(['192.0.2.4']);
    const { asker: small } = await start('udp', SERVERS[4], {
      host: { 'big.test': host['big.test'].slice(0, 30) },
    });
    await small.ask(encode(query('big.test', 'A', { additionals: [edns(1000)] })));
    const whole = decode(await small.answer());
    expect(data(whole)).toHaveLength(30);
    expect(whole.additionals?.map(record => record.type)).toEqual(['OPT']);
  });

  it('refuses what is no question, and answers no answers', async () => {
    const { at, asker } = await start();
    const codeFor = async (message: Buffer): Promise<number> => {
      await asker.ask(message);
      return (decode(await asker.answer()).flags ?? 0) & 15;
    };
    expect(await codeFor(encode({ type: 'query', id: 1 }))).toBe(1);
    expect(await codeFor(encode({ ...query('a.test', 'A'), flags: 2 << 11 }))).toBe(4);
    const unheardOf = encode(query('both.test', 'A'));
    unheardOf.writeUInt16BE(65, unheardOf.length - 4);
    expect(await codeFor(unheardOf)).toBe(0);
    const loop = encode(query('a.test', 'A'));
    loop.writeUInt16BE(0xc00c, 12);
    expect(await codeFor(loop)).toBe(1);
    await asker.ask(Buffer.from('short'));
    await asker.ask(encode({ type: 'response', id: 1, questions: [question('both.test', 'A')] }));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await at.quiet();
  });
});

it('host= may put a real server in the place of one', () => {
  const hosts = new Hosts({ '192.0.2.53': ['127.0.0.1'] }, []);
  const ours = (address: string, port = 53): boolean => isNameServer({ address, port }, hosts);
  expect([ours('192.0.2.53'), ours('192.0.2.54'), ours('2001:db8::53'), ours('192.0.2.54', 54)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
