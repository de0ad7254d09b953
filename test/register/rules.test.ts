/** ATSOCK_ROUTE: what each rule covers, which comes first, and what is refused. */
import { describe, expect, test } from 'vitest';
import { parseRules } from '../../src/register/rules.ts';

test.each<[host: string, port: number | undefined, side: string]>([
  ['broker.test', 1883, 'modem'],
  ['broker.test', undefined, 'modem'],
  ['192.0.2.1', 7, 'modem'],
  ['10.0.0.1', 7, 'modem'],
  ['2001:db8::1', 7, 'modem'],
  ['localhost', 7, 'local'],
  ['app.localhost', 7, 'local'],
  ['LOCALHOST.', 7, 'local'],
  ['127.0.0.1', 7, 'local'],
  ['127.9.9.9', 7, 'local'],
  ['::1', 7, 'local'],
  ['0:0:0:0:0:0:0:1', 7, 'local'],
  ['::ffff:127.0.0.1', 7, 'local'],
  ['', 7, 'local'],
  ['0.0.0.0', 7, 'local'],
  ['::', 7, 'local'],
  ['224.0.0.251', 5353, 'local'],
  ['255.255.255.255', 9, 'local'],
  ['169.254.1.1', 9, 'local'],
  ['ff02::fb', 5353, 'local'],
  ['fe80::1%eth0', 9, 'local'],
  ['printer.local', 9, 'local'],
])('without rules %j goes %s: %s', (host, port, side) => {
  expect(parseRules().connect(host, port)).toBe(side);
});

test.each<[rules: string, host: string, port: number | undefined, side: string]>([
  ['10.0.0.0/8=local', '10.1.2.3', 7, 'local'],
  ['10.0.0.0/8=local', '11.1.2.3', 7, 'modem'],
  ['10.0.0.0/8=local', '::ffff:10.1.2.3', 7, 'local'],
  ['192.0.2.7=local', '192.0.2.7', 7, 'local'],
  ['192.0.2.7=local', '192.0.2.77', 7, 'modem'],
  ['2001:db8::/32=local', '2001:db8:1::1', 7, 'local'],
  ['2001:db8::1=local', '2001:DB8:0::1', 7, 'local'],
  ['[2001:db8::]/32=local', '2001:db8:1::1', 7, 'refused'],
  ['[2001:db8::/32]:443=local', '2001:db8:1::1', 443, 'local'],
  ['[2001:db8::/32]:443=local', '2001:db8:1::1', 80, 'modem'],
  ['*.lan=local', 'nas.LAN.', 7, 'local'],
  ['*.lan=local', 'a.b.lan', 7, 'local'],
  ['*.lan=local', 'lan', 7, 'modem'],
  ['*.lan=local', 'a.lan.test', 7, 'modem'],
  ['nas?.lan=local', 'nas1.lan', 7, 'local'],
  ['*:53=local', 'dns.test', 53, 'local'],
  [':53=local', 'dns.test', 53, 'local'],
  ['*:53=local', 'dns.test', 54, 'modem'],
  // A lookup does not know the port.
  ['*:53=local', 'dns.test', undefined, 'modem'],
  ['*:5000-5009=local', 'a.test', 5009, 'local'],
  ['*:5000-5009=local', 'a.test', 5010, 'modem'],
  // The first that fits.
  ['a.test=local, a.test=modem', 'a.test', 7, 'local'],
  ['broker.test=modem,*=local', 'broker.test', 7, 'modem'],
  ['broker.test=modem,*=local', 'other.test', 7, 'local'],
  [' ', 'a.test', 7, 'modem'],
  // Loopback only by name.
  ['*=modem', '127.0.0.1', 7, 'local'],
  ['0.0.0.0/0=modem', '127.0.0.1', 7, 'local'],
  ['::/0=modem', '::1', 7, 'local'],
  ['l*=modem', 'localhost', 7, 'local'],
  ['127.0.0.0/8=modem', '127.0.0.1', 7, 'modem'],
  ['127.0.0.1:1883=modem', '127.0.0.1', 7, 'local'],
  ['[::1]:5683=modem', '::1', 5683, 'modem'],
  ['localhost=modem', 'localhost', 7, 'modem'],
  ['listen *=modem', '127.0.0.1', 7, 'local'],
])('%s: %s, port %s goes %s', (rules, host, port, side) => {
  if (side === 'refused') expect(() => parseRules(rules)).toThrow(/^the rule .* cannot be used; write /);
  else expect(parseRules(rules).connect(host, port)).toBe(side);
});

describe('servers', () => {
  test.each<[rules: string, host: string | undefined, port: number, side: string]>([
    ['', undefined, 80, 'local'],
    ['*=modem', undefined, 80, 'local'],
    ['listen *=modem', undefined, 0, 'modem'],
    ['listen *:80=modem', '0.0.0.0', 80, 'modem'],
    ['listen *:80=modem', '::', 80, 'modem'],
    ['listen *:80=modem', '::', 81, 'local'],
    ['listen *=modem', '127.0.0.1', 80, 'local'],
    ['listen *=modem', 'localhost', 80, 'local'],
    ['listen 127.0.0.1:80=modem', '127.0.0.1', 80, 'modem'],
  ])('%s: on %s, port %s is %s', (rules, host, port, side) => {
    expect(parseRules(rules).listen(host, port)).toBe(side);
  });
});

test.each([
  'modem',
  '*',
  '*=wlan',
  'a=b',
  '=modem',
  '10.0.0.0/33=local',
  '10.0.0/8=local',
  '2001:db8::/129=local',
  '10.*=local',
  '300.1.1.1=local',
  '*:0x50=local',
  '*:70000=local',
  '*:9-8=local',
  'a b=local',
  'a/b=local',
  '[::1=modem',
  'tell *=modem',
])('%s is refused in one line', rule => {
  expect(() => parseRules(`a.test=local,${rule}`)).toThrow(
    /^the rule "[^\n]+" in ATSOCK_ROUTE cannot be used; write [^\n]+$/,
  );
});
