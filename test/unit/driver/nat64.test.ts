/** NAT64 addresses: the examples of RFC 6052, every prefix length, what must not be mapped, and finding prefixes. */
import { isIPv4, SocketAddress } from 'node:net';
import { describe, expect, test } from 'vitest';
import { parsePrefix, prefixesIn, toIpv4, toIpv6 } from '../../../src/driver/nat64.ts';
import { createRandom, type Random } from '../../../src/util/random.ts';

const SEED = 6052;
const LENGTHS = [32, 40, 48, 56, 64, 96] as const;
const WELL_KNOWN = '64:ff9b::/96';

/** As Node spells it, not the package. */
const spelled = (address: string): string => new SocketAddress({ address, family: 'ipv6' }).address;

const octets = (random: Random, count: number): number[] => Array.from({ length: count }, () => random(256));

const inGroups = (bytes: readonly number[]): string =>
  Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  ).join(':');

/** Of this many bits, in 2000::/3. */
function prefixOctets(random: Random, bits: number): number[] {
  const bytes = [0x20 | random(32), ...octets(random, bits / 8 - 1)];
  // Bits 64 to 71.
  if (bits === 96) bytes[8] = 0;
  return bytes;
}

/** RFC 6052 2.2, figure 1, octet by octet: another way to say it than that of the code. */
const LAYOUT: Readonly<Record<number, readonly number[]>> = {
  32: [4, 5, 6, 7],
  40: [5, 6, 7, 9],
  48: [6, 7, 9, 10],
  56: [7, 9, 10, 11],
  64: [9, 10, 11, 12],
  96: [12, 13, 14, 15],
};

function expected(prefix: readonly number[], ipv4: readonly number[]): string {
  const bytes = [...prefix, ...new Array<number>(16 - prefix.length).fill(0)];
  for (const [index, place] of (LAYOUT[prefix.length * 8] ?? []).entries()) bytes[place] = ipv4[index] ?? 0;
  return spelled(inGroups(bytes));
}

describe('RFC 6052 2.4', () => {
  const EXAMPLES = [
    ['2001:db8::/32', '2001:db8:c000:221::'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100::'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::192.0.2.33'],
    [WELL_KNOWN, '64:ff9b::192.0.2.33'],
  ] as const;

  test.each(EXAMPLES)('192.0.2.33 with %s is %s', (prefix, ipv6) => {
    expect(spelled(toIpv6(prefix, '192.0.2.33') ?? '')).toBe(spelled(ipv6));
    expect(toIpv4(prefix, ipv6)).toBe('192.0.2.33');
  });
});

describe.each(LENGTHS)('/%i', bits => {
  test(`a thousand addresses there and back, seed ${SEED}`, () => {
    const random = createRandom(SEED + bits);
    for (let round = 0; round < 1_000; round++) {
      const prefixBytes = prefixOctets(random, bits);
      const prefix = parsePrefix(`${inGroups([...prefixBytes, ...new Array(16).fill(0)])}/${bits}`) ?? '';
      // Of the internet: 1.0.0.0 to 9.255.255.255.
      const bytes = [1 + random(9), ...octets(random, 3)];
      const ipv6 = toIpv6(prefix, bytes.join('.')) ?? '';
      expect(spelled(ipv6), `round ${round}`).toBe(expected(prefixBytes, bytes));
      expect(toIpv4(prefix, ipv6), `round ${round}`).toBe(bytes.join('.'));
    }
  });

  test(`the prefix is found by both addresses of ipv4only.arpa, seed ${SEED}`, () => {
    const random = createRandom(SEED - bits);
    for (let round = 0; round < 200; round++) {
      const bytes = prefixOctets(random, bits);
      const prefix = `${inGroups([...bytes, ...new Array(16).fill(0)])}/${bits}`;
      const answer = [170, 171].map(last => expected(bytes, [192, 0, 0, last]));
      expect(prefixesIn(answer), `round ${round}`).toEqual([parsePrefix(prefix)]);
    }
  });

  test(`a thousand other addresses are no IPv4 of this prefix, seed ${SEED}`, () => {
    const random = createRandom(SEED * bits);
    const prefixBytes = prefixOctets(random, bits);
    const prefix = parsePrefix(`${inGroups([...prefixBytes, ...new Array(16).fill(0)])}/${bits}`) ?? '';
    for (let round = 0; round < 1_000; round++) {
      const ipv6 = inGroups(octets(random, 16));
      const ipv4 = toIpv4(prefix, ipv6);
      if (ipv4 !== undefined) expect(toIpv6(prefix, ipv4)).toBe(spelled(ipv6));
    }
  });
});

test('bits 64 to 71 and the suffix are zero, or it is no such address', () => {
  expect(toIpv4('2001:db8::/32', '2001:db8:c000:221::')).toBe('192.0.2.33');
  expect(toIpv4('2001:db8::/32', '2001:db8:c000:221::1')).toBeUndefined();
  expect(toIpv4('2001:db8::/32', '2001:db8:c000:221:100::')).toBeUndefined();
  expect(toIpv4('2001:db8:122:344::/64', '2001:db8:122:344:1c0:2:2100::')).toBeUndefined();
  expect(toIpv4(WELL_KNOWN, '64:ff9b:0:0:1::c000:221')).toBeUndefined();
  expect(toIpv4(WELL_KNOWN, '2001:db8::c000:221')).toBeUndefined();
});

describe('what must not be mapped', () => {
  const NEVER = [
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.1',
    '192.0.0.1',
    '192.0.0.170',
    '192.0.0.255',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
  ];
  const NOT_GLOBAL = [
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
  ];
  const ANY = [
    '1.0.0.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '191.255.255.255',
    '192.0.1.0',
    '192.0.2.1',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '198.51.100.7',
    '203.0.113.1',
    '223.255.255.255',
  ];
  const OWN = ['2001:db8::/32', '2001:db8:122:344::/96', '64:ff9b:1::/48', 'fd00::/64'];
  const dressed = (prefix: string, ipv4: string): string => {
    const [text = ''] = prefix.split('/');
    const bits = Number(prefix.split('/')[1]);
    const all = spelledBytes(text).slice(0, bits / 8);
    return expected(all, ipv4.split('.').map(Number));
  };

  test.each(NEVER)('%s: with no prefix, in neither direction', ipv4 => {
    for (const prefix of [WELL_KNOWN, ...OWN]) {
      expect(toIpv6(prefix, ipv4), prefix).toBeUndefined();
      expect(toIpv4(prefix, dressed(prefix, ipv4)), prefix).toBeUndefined();
    }
  });

  test.each(NOT_GLOBAL)('%s: not with the well-known prefix', ipv4 => {
    expect(toIpv6(WELL_KNOWN, ipv4)).toBeUndefined();
    expect(toIpv4(WELL_KNOWN, dressed(WELL_KNOWN, ipv4))).toBeUndefined();
    for (const prefix of OWN) {
      expect(toIpv6(prefix, ipv4), prefix).toBe(dressed(prefix, ipv4));
      expect(toIpv4(prefix, dressed(prefix, ipv4)), prefix).toBe(ipv4);
    }
  });

  test.each(ANY)('%s: may be mapped', ipv4 => {
    for (const prefix of [WELL_KNOWN, ...OWN]) {
      expect(toIpv6(prefix, ipv4), prefix).toBe(dressed(prefix, ipv4));
      expect(toIpv4(prefix, dressed(prefix, ipv4)), prefix).toBe(ipv4);
    }
  });
});

function spelledBytes(prefixAddress: string): number[] {
  const [head = '', tail = ''] = prefixAddress.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail)];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after].flatMap(
    group => [group >> 8, group & 255],
  );
}

describe('the text of a prefix', () => {
  test.each([
    ['64:ff9b::/96', '64:ff9b::/96'],
    ['64:FF9B::/96', '64:ff9b::/96'],
    ['0064:ff9b:0:0:0:0:0:0/96', '64:ff9b::/96'],
    ['64:ff9b::0.0.0.0/96', '64:ff9b::/96'],
    ['64:ff9b:1::/48', '64:ff9b:1::/48'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8:122:300::/56', '2001:db8:122:300::/56'],
    ['fd00:1:2:3::/64', 'fd00:1:2:3::/64'],
  ])('%s', (text, prefix) => expect(parsePrefix(text)).toBe(prefix));

  test.each([
    '',
    '64:ff9b::',
    '64:ff9b::/95',
    '64:ff9b::/128',
    '64:ff9b::/096',
    '64:ff9b::/96 ',
    '64:ff9b::/96/96',
    '64:ff9b::%1/96',
    '[64:ff9b::]/96',
    '64:ff9b::1/96',
    '2001:db8:100::/32',
    // Bits 64 to 71.
    '2001:db8:0:0:100::/96',
    '::/96',
    '::ffff:0:0/96',
    'fe80::/64',
    'ff00::/32',
    '192.0.2.0/32',
    'auto',
    'off',
    '"/96',
  ])('"%s" is none', text => expect(parsePrefix(text)).toBeUndefined());
});

describe('ipv4only.arpa', () => {
  test.each([
    ['64:ff9b::c000:aa', [WELL_KNOWN]],
    ['64:ff9b::192.0.0.171', [WELL_KNOWN]],
    // What some resolvers make of IPv4 addresses when IPv6 is asked for.
    ['::ffff:192.0.0.170', []],
    ['::192.0.0.170', []],
    ['fe80::c000:aa', []],
    ['64:ff9b::c000:a9', []],
    ['64:ff9b::c000:ac', []],
    ['2001:db8::1', []],
    ['192.0.0.170', []],
    ['fe80::c000:aa%1', []],
    ['', []],
    ['ipv4only.arpa', []],
  ])('%s', (address, prefixes) => expect(prefixesIn([address])).toEqual(prefixes));

  test('several prefixes, in the order of the answer, each once', () => {
    const own = '2001:db8:1:c000:0:aa00::';
    expect(prefixesIn([own, '64:ff9b::c000:aa', own, '64:ff9b::c000:ab', '192.0.0.170'])).toEqual([
      '2001:db8:1::/48',
      WELL_KNOWN,
    ]);
    expect(prefixesIn([])).toEqual([]);
  });

  test(`two thousand other addresses: none, or one that explains the address, seed ${SEED}`, () => {
    const random = createRandom(SEED);
    for (let round = 0; round < 2_000; round++) {
      const bytes = octets(random, 16);
      // Made to look like it, most of the time.
      const places = LAYOUT[LENGTHS[random(6)] ?? 96] ?? [];
      for (const [index, octet] of [192, 0, 0, 170].entries()) bytes[places[index] ?? 0] = octet;
      if (random(2) === 0) bytes.fill(0, (places[3] ?? 0) + 1);
      if (random(2) === 0) bytes[8] = 0;
      const found = prefixesIn([inGroups(bytes)]);
      expect(found.length).toBeLessThanOrEqual(1);
      for (const prefix of found) expect(parsePrefix(prefix)).toBe(prefix);
    }
  });
});

test('what comes out is IPv4', () => expect(isIPv4(toIpv4(WELL_KNOWN, '64:ff9b::808:808') ?? '')).toBe(true));
