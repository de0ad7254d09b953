/** The name servers of the simulated network, asked through the sockets of a modem, for both command sets. */
import { type Answer, decode, encode, streamDecode, streamEncode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { isNameServer } from '../../src/sim/name-server.ts';
import { Hosts } from '../../src/sim/sim-hosts.ts';
import { openers } from './conversation.ts';
import { data, query, question, resultCode } from './dns-messages.ts';
import { openTerminal } from './terminal.ts';

const host = {
  'both.test': ['192.0.2.1', '192.0.2.2', '2001:db8::9'],
  'four.test': ['192.0.2.4'],
  'big.test': Array.from({ length: 60 }, (_, index) => `192.0.2.${100 + index}`),
  'x.invalid': ['192.0.2.5'],
};
const SERVERS = { 4: '192.0.2.53', 6: '2001:db8::53' } as const;
const TRUNCATED = 1 << 9;
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

describe.each(openers)('through %s', (commandSet, open) => {
  const start = async (
    protocol: 'udp' | 'tcp' = 'udp',
    server: string = SERVERS[4],
    more: SimOptions = {},
  ) => {
    const { at, sim } = await openTerminal({ commandSet, host, ...more });
    return { at, sim, asker: await open(at, protocol, { address: server, port: 53 }) };
  };

  it.each([
    ['both.test', 'A', 0, ['192.0.2.1', '192.0.2.2']],
    ['BoTh.TeSt', 'AAAA', 0, ['2001:db8::9']],
    ['four.test', 'AAAA', 0, []],
    ['four.test', 'MX', 0, []],
    ['localhost', 'A', 0, ['127.0.0.1']],
    ['ipv4only.arpa', 'A', 0, ['192.0.0.170', '192.0.0.171']],
    ['ipv4only.arpa', 'AAAA', 0, []],
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
      await asker.send(encode(query(name, type)));
      const answer = decode(await asker.answer());
      expect(answer).toMatchObject({ id: 0x1234, type: 'response', questions: [{ name, type }] });
      expect([resultCode(answer), data(answer)]).toEqual([code, expected]);
      // "No" comes with the time for which it is to be believed.
      expect(answer.authorities?.map(record => record.type)).toEqual(expected.length > 0 ? [] : ['SOA']);
      await at.quiet();
    }
  });

  it('cuts what does not fit into a datagram, and has it all with EDNS or over TCP', async () => {
    const { asker } = await start();
    const big = encode(query('big.test', 'A'));
    await asker.send(big);
    const cut = decode(await asker.answer());
    expect([(cut.flags ?? 0) & TRUNCATED, data(cut)]).toEqual([TRUNCATED, []]);
    const { asker: stream } = await start('tcp');
    const asked = Buffer.concat([
      streamEncode(query('big.test', 'A')),
      streamEncode(query('four.test', 'A')),
    ]);
    await stream.send(asked.subarray(0, 1));
    await stream.send(asked.subarray(1));
    let replies = await stream.answer();
    const length = (at: number): number =>
      replies.length < at + 2 ? 1e6 : at + 2 + replies.readUInt16BE(at);
    while (replies.length < length(length(0))) replies = Buffer.concat([replies, await stream.read()]);
    expect(data(streamDecode(replies.subarray(0, length(0))))).toHaveLength(60);
    expect(data(streamDecode(replies.subarray(length(0))))).toEqual(['192.0.2.4']);
    const { asker: small } = await start('udp', SERVERS[4], {
      host: { 'big.test': host['big.test'].slice(0, 30) },
    });
    await small.send(encode(query('big.test', 'A', { additionals: [edns(1000)] })));
    const whole = decode(await small.answer());
    expect(data(whole)).toHaveLength(30);
    expect(whole.additionals?.map(record => record.type)).toEqual(['OPT']);
  });

  it('refuses what is no question, and answers no answers', async () => {
    const { at, asker } = await start();
    const codeFor = async (message: Buffer): Promise<number> => {
      await asker.send(message);
      return resultCode(decode(await asker.answer()));
    };
    expect(await codeFor(encode({ type: 'query', id: 1 }))).toBe(1);
    expect(await codeFor(encode({ ...query('a.test', 'A'), flags: 2 << 11 }))).toBe(4);
    const unheardOf = encode(query('both.test', 'A'));
    unheardOf.writeUInt16BE(65, unheardOf.length - 4);
    expect(await codeFor(unheardOf)).toBe(0);
    const loop = encode(query('a.test', 'A'));
    loop.writeUInt16BE(0xc00c, 12);
    expect(await codeFor(loop)).toBe(1);
    await asker.send(Buffer.from('short'));
    await asker.send(encode({ type: 'response', id: 1, questions: [question('both.test', 'A')] }));
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
