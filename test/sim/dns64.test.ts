/** Names on a network with a NAT64: the DNS64 in its name servers and under +SQNDNSLKUP, and its absence. */
import { decode, encode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { openers } from './conversation.ts';
import { data, query, resultCode } from './dns-messages.ts';
import { line, OK, openTerminal } from './terminal.ts';

const host = {
  'both.test': ['192.0.2.1', '2001:db8::9'],
  'four.test': ['192.0.2.4', '192.0.2.5'],
  'echo.test': '127.0.0.1',
  'x.invalid': '192.0.2.6',
};
const network: SimOptions = { pdp: 'ipv6', nat64: '64:ff9b::/96', host };
const FOUR_REVERSED = `${Array.from('4020000c').join('.')}.${'0.'.repeat(16)}b.9.f.f.4.6.0.0.ip6.arpa`;
const ONLY = ['64:ff9b::c000:aa', '64:ff9b::c000:ab'];

describe.each(openers)('through %s', (commandSet, open) => {
  it.each([
    ['ipv4only.arpa', 'A', 0, ['192.0.0.170', '192.0.0.171'], true],
    ['IPv4Only.ARPA', 'AAAA', 0, ONLY, true],
    ['four.test', 'A', 0, ['192.0.2.4', '192.0.2.5'], true],
    ['four.test', 'AAAA', 0, ['64:ff9b::c000:204', '64:ff9b::c000:205'], false],
    ['four.test', 'MX', 0, [], true],
    ['both.test', 'AAAA', 0, ['2001:db8::9'], true],
    ['nowhere.test', 'AAAA', 3, [], true],
    ['x.invalid', 'AAAA', 3, [], true],
    [FOUR_REVERSED, 'PTR', 0, ['four.test'], false],
  ])('%s %s is %i %j', async (name, type, code, expected, always) => {
    for (const faults of [[], ['no-dns64']]) {
      const { at } = await openTerminal({ commandSet, faults, ...network });
      const server = await open(at, 'udp', { address: '2001:db8::53', port: 53 });
      await server.send(encode(query(name, type)));
      const answer = decode(await server.answer());
      if (faults.length === 0 || always) expect([resultCode(answer), data(answer)]).toEqual([code, expected]);
      else expect(data(answer)).toEqual([]);
    }
  });

  it.each(['udp', 'tcp'] as const)(
    'the IPv4 name server answers behind the NAT64 over %s',
    async protocol => {
      const { at } = await openTerminal({ commandSet, ...network });
      const server = await open(at, protocol, { address: '64:ff9b::c000:235', port: 53 });
      const message = encode(query('ipv4only.arpa', 'AAAA'));
      const length = Buffer.from([0, message.length]);
      await server.send(protocol === 'tcp' ? Buffer.concat([length, message]) : message);
      const answer = await server.answer();
      expect(data(decode(protocol === 'tcp' ? answer.subarray(2) : answer))).toEqual(ONLY);
    },
  );
});

describe('+SQNDNSLKUP', () => {
  const lookup = (name: string, ...addresses: string[]): string =>
    addresses.length === 0
      ? line('ERROR')
      : line(`+SQNDNSLKUP: ${[name, ...addresses].map(text => `"${text}"`).join(',')}`) + OK;

  it('gives embedded addresses where a name has no IPv6 address', async () => {
    const { at } = await openTerminal(network);
    for (const [name, family, ...addresses] of [
      ['ipv4only.arpa', 0, '192.0.0.170', '192.0.0.171'],
      ['ipv4only.arpa', 1, ...ONLY],
      ['four.test', 1, '64:ff9b::c000:204', '64:ff9b::c000:205'],
      ['four.test', 0, '192.0.2.4', '192.0.2.5'],
      ['echo.test', 1, '64:ff9b::7f00:1'],
      ['both.test', 1, '2001:db8::9'],
      ['nowhere.test', 1],
      ['192.0.2.4', 1],
    ] as const)
      await at.command(`AT+SQNDNSLKUP="${name}",${family}`, lookup(name, ...addresses));
  });

  it("with a prefix of the network's own too", async () => {
    const { at } = await openTerminal({ ...network, nat64: '2001:db8:122::/48' });
    const only = ['2001:db8:122:c000:0:aa00::', '2001:db8:122:c000:0:ab00::'];
    await at.command('AT+SQNDNSLKUP="ipv4only.arpa",1', lookup('ipv4only.arpa', ...only));
  });

  it('without a NAT64 ipv4only.arpa has IPv4 addresses alone', async () => {
    const { at } = await openTerminal({ pdp: 'ipv6', host });
    await at.command('AT+SQNDNSLKUP="ipv4only.arpa",1', lookup('ipv4only.arpa'));
    await at.command('AT+SQNDNSLKUP="ipv4only.arpa"', lookup('ipv4only.arpa', '192.0.0.170', '192.0.0.171'));
    await at.command('AT+SQNDNSLKUP="four.test",1', lookup('four.test'));
  });
});
