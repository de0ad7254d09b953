/** What SOCKS clients may not reach, in every spelling, and the exceptions. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { AddressRules, isLoopback, isSubnet } from '../../../src/util/address-rules.ts';

describe('refused unless allowed', () => {
  test.each([
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '0.0.0.0',
    '::',
    '169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
  ])('%s', address => expect(new AddressRules().check(address)).toBe(true));

  test('every address of this computer', () => {
    const own = Object.values(networkInterfaces()).flatMap(list => list ?? []);
    expect(own.length).toBeGreaterThan(0);
    for (const { address } of own) expect(new AddressRules().check(address)).toBe(true);
  });
});

test.each(['192.0.2.1', '8.8.8.8', '2001:db8::1', '64:ff9b::808:808', '::ffff:8.8.8.8'])(
  '%s is free',
  address => expect(new AddressRules().check(address)).toBe(false),
);

test('what is allowed is free in other spellings too, and nothing else is', () => {
  const rules = new AddressRules(['127.0.0.0/8', 'fe80::1']);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fe80::1'])
    expect(rules.check(address)).toBe(false);
  for (const address of ['::1', 'fe80::2', '169.254.1.1']) expect(rules.check(address)).toBe(true);
});

test.each(['10.0.0.0/8', '::1', 'fd00::/8', '127.0.0.1'])('%s is a subnet', text =>
  expect(isSubnet(text)).toBe(true),
);

test.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0/8', '1.2.3.4/x'])(
  '"%s" is no subnet',
  text => expect(isSubnet(text)).toBe(false),
);

test('loopback is known by address, and by one name', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) expect(isLoopback(host)).toBe(true);
  for (const host of ['0.0.0.0', '::', '192.168.1.1', 'localhost.example', 'router'])
    expect(isLoopback(host)).toBe(false);
});
