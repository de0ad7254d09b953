/** Names as they are asked for. */
import { expect, test } from 'vitest';
import { queryName, randomCase } from '../../../src/dns/names.ts';
import { reverseName } from '../../../src/dns/reverse-name.ts';

test.each([
  ['example.test', 'example.test'],
  ['Example.Test.', 'Example.Test'],
  ['.', '.'],
  ['', '.'],
  ['_sip._udp.example.test', '_sip._udp.example.test'],
  ['0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa'],
  ['*.example.test', '*.example.test'],
  // The conversion of URLs would make 0.0.0.16 and 1.0.0.2 of these.
  ['0x10', '0x10'],
  ['1.2', '1.2'],
  ['münchen.test', 'xn--mnchen-3ya.test'],
  [`${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
  [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
])('%j is asked for as %j', (name, asked) => {
  expect(queryName(name)).toBe(asked);
});

test.each([
  'a..test',
  '.test',
  'test..',
  'a b.test',
  'a\\.b.test',
  'a"b.test',
  'a\r\nb.test',
  'a\0b.test',
  'ä b.test',
  `${'a'.repeat(64)}.test`,
  `${'a.'.repeat(127)}a`,
])('%j is no name', name => {
  expect(queryName(name)).toBeUndefined();
});

test('random case changes letters only, and differs each time', () => {
  const name = 'a-very-long-name-01234.example.test';
  const spelled = new Set(Array.from({ length: 50 }, () => randomCase(name)));
  expect(spelled.size).toBe(50);
  for (const each of spelled) expect(each.toLowerCase()).toBe(name);
});

test.each([
  ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
  ['2001:db8::1', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
])('the name of %s', (address, name) => {
  expect(reverseName(address)).toBe(name);
});
