/** Name servers in text form, their order, and which are asked where nobody named any. */
import { expect, test, vi } from 'vitest';
import { ContextServers } from '../../../src/dns/context-servers.ts';
import { formatServer, parseServer, ServerMemory, sameServer } from '../../../src/dns/servers.ts';
import type { Endpoint } from '../../../src/driver/port.ts';
import { PacketDriver, type PacketOptions } from './packet-driver.ts';

test.each([
  ['192.0.2.1', { address: '192.0.2.1', port: 53, family: 4 }, '192.0.2.1'],
  ['192.0.2.1:53', { address: '192.0.2.1', port: 53, family: 4 }, '192.0.2.1'],
  ['192.0.2.1:5353', { address: '192.0.2.1', port: 5353, family: 4 }, '192.0.2.1:5353'],
  ['2001:DB8:0:0::1', { address: '2001:db8::1', port: 53, family: 6 }, '2001:db8::1'],
  ['[2001:db8::1]', { address: '2001:db8::1', port: 53, family: 6 }, '2001:db8::1'],
  ['[2001:db8::1]:99', { address: '2001:db8::1', port: 99, family: 6 }, '[2001:db8::1]:99'],
])('%s', (text, endpoint, formatted) => {
  expect(parseServer(text)).toEqual(endpoint);
  expect(formatServer(endpoint as Endpoint)).toBe(formatted);
});

test.each([
  '',
  'example.test',
  '192.0.2.1:0',
  '192.0.2.1:65536',
  '192.0.2.1:',
  '[192.0.2.1]',
  '[2001:db8::1]:0',
  '2001:db8::1]:5',
  ' 192.0.2.1',
  '192.0.2.256',
])('%j is no server', text => {
  expect(parseServer(text)).toBeUndefined();
});

test('an answer comes from the server however the modem spells its address', () => {
  const server = { address: '2001:db8::1', port: 53, family: 6 } as const;
  expect(sameServer({ ...server, address: '2001:0DB8:0:0:0:0:0:1' }, server)).toBe(true);
  expect(sameServer({ ...server, port: 54 }, server)).toBe(false);
  expect(sameServer({ ...server, address: '2001:db8::2' }, server)).toBe(false);
});

test('a server that failed is asked after the others for 5 s, or until it works', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(text => parseServer(text)) as [
    Endpoint,
    Endpoint,
    Endpoint,
  ];
  const memory = new ServerMemory();
  memory.failed(a);
  expect(memory.inOrder([a, b, c])).toEqual([b, c, a]);
  memory.failed(b);
  memory.worked(a);
  expect(memory.inOrder([a, b, c])).toEqual([a, c, b]);
  vi.advanceTimersByTime(5_001);
  expect(memory.inOrder([a, b, c])).toEqual([a, b, c]);
  vi.useRealTimers();
});

test.each<[string, string | undefined, PacketOptions, readonly string[]]>([
  ['those of the user', '192.0.2.9', { nameServers: ['192.0.2.1'] }, ['192.0.2.9']],
  [
    'those of the network',
    undefined,
    { nameServers: ['192.0.2.1', '2001:db8::1', 'nonsense'] },
    ['192.0.2.1', '2001:db8::1'],
  ],
  ['public ones', undefined, {}, ['1.1.1.1', '8.8.8.8']],
  [
    'public ones of the family there is',
    undefined,
    { addresses: ['2001:db8::7'] },
    ['2606:4700:4700::1111', '2001:4860:4860::8888'],
  ],
  ['public ones while nothing is known', undefined, { addresses: [] }, ['1.1.1.1', '8.8.8.8']],
])('asked are %s', async (_what, named, options, expected) => {
  const user = named === undefined ? undefined : parseServer(named);
  const servers = new ContextServers(
    async () => new PacketDriver(() => [], options),
    () => user && [user],
  );
  expect((await servers.servers()).map(formatServer)).toEqual(expected);
  expect(servers.lastKnown.map(formatServer)).toEqual(expected);
});

test('the modem is not asked for its servers each time, a new one is', async () => {
  let asked = 0;
  class Counting extends PacketDriver {
    override async nameServers(): Promise<readonly string[]> {
      asked++;
      return [`192.0.2.${asked}`];
    }
  }
  let driver = new Counting(() => []);
  const servers = new ContextServers(
    async () => driver,
    () => undefined,
  );
  await Promise.all([servers.servers(), servers.servers()]);
  expect([(await servers.servers()).map(formatServer), asked]).toEqual([['192.0.2.1'], 1]);
  driver = new Counting(() => []);
  expect((await servers.servers()).map(formatServer)).toEqual(['192.0.2.2']);
});
