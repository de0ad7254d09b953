/** Addresses in every text form of modems. */
import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/threegpp/address.ts';

test.each([
  ['10.0.0.1', '10.0.0.1', 4],
  [' 10.0.0.1 ', '10.0.0.1', 4],
  ['10.0.0.1.255.255.255.0', '10.0.0.1', 4],
  ['2001:db8::1', '2001:db8::1', 6],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', 6],
  ['[2001:db8::1]', '2001:db8::1', 6],
  ['fe80::1%eth0', 'fe80::1', 6],
  ['2001:db8::1/64', '2001:db8::1', 6],
  ['32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1', '2001:db8::1', 6],
  ['32.1.72.96.72.96.0.0.0.0.0.0.0.0.136.136', '2001:4860:4860::8888', 6],
  [`32.1.13.184${'.0'.repeat(11)}.1${'.255'.repeat(8)}${'.0'.repeat(8)}`, '2001:db8::1', 6],
  ['::1', '::1', 6],
])('%s is %s', (text, address, family) => expect(parseAddress(text)).toEqual({ address, family }));

test.each([
  '',
  '0.0.0.0',
  '::',
  '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0',
  '1.2.3',
  '1.2.3.256',
  '1.2.3.4.5',
  'example.com',
  '1',
])('%s is no address', text => expect(parseAddress(text)).toBeUndefined());
