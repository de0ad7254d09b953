/** `dns.lookup` over modems with and without a resolver of their own, and networks of every family. */
import type { LookupAddress } from 'node:dns';
import nodeDns from 'node:dns';
import { describe, expect, test } from 'vitest';
import type { Family } from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { createDns, type Dns, type DnsOptions } from '../../../src/sockets/dns.ts';
import { type Asked, addressOf, readQuestion, response } from './name-server.ts';
import { PacketDriver, type PacketOptions } from './packet-driver.ts';

const IPV4 = '198.51.100.7';
const IPV6 = '2001:db8::7';

/** `both.test` has both, `four.test` and `six.test` one, `broken.test` breaks the server, others do not exist. */
function answer(asked: Asked): Buffer {
  const [first] = asked.name.toLowerCase().split('.');
  const ipv4 = asked.type === 'A' && (first === 'both' || first === 'four');
  const ipv6 = asked.type === 'AAAA' && (first === 'both' || first === 'six');
  if (first === 'broken') return response(asked, { code: 2 });
  if (ipv4) return response(asked, { answers: [addressOf(asked.name, IPV4)] });
  if (ipv6) return response(asked, { answers: [{ type: 'AAAA', name: asked.name, ttl: 5, data: IPV6 }] });
  return response(asked, { code: first === 'four' || first === 'six' ? 0 : 3 });
}

/** What the modem's own resolver says. */
type Resolve = (name: string, family: Family | 0) => readonly string[];

class ResolvingDriver extends PacketDriver {
  readonly resolved: [name: string, family: Family | 0][] = [];
  readonly #resolve: Resolve;

  constructor(resolve: Resolve, options: PacketOptions) {
    super(sent => [answer(readQuestion(sent.message))], options);
    this.#resolve = resolve;
  }

  override async resolve(name: string, family: Family | 0): Promise<readonly string[]> {
    this.resolved.push([name, family]);
    return this.#resolve(name, family);
  }
}

const none: Resolve = () => {
  throw new SocketFailure('EOPNOTSUPP', 'no resolver');
};

const failing =
  (code: 'ENOTFOUND' | 'EAI_AGAIN' | 'ENETDOWN', cause?: Error): Resolve =>
  () => {
    throw new SocketFailure(code, 'refused', { cause });
  };

function create(
  resolve: Resolve,
  { dns: named, ...options }: PacketOptions & DnsOptions = {},
): { readonly driver: ResolvingDriver; readonly dns: Dns; types(): string[] } {
  const driver = new ResolvingDriver(resolve, options);
  return {
    driver,
    dns: createDns(async () => driver, { dns: named }),
    types: () => driver.sent.map(({ message }) => readQuestion(message).type),
  };
}

const BOTH = { addresses: ['198.51.100.1', '2001:db8::1'] };
const ONLY_IPV4 = { addresses: ['198.51.100.1'] };
const ONLY_IPV6 = { addresses: ['2001:db8::1'] };

const all = async (dns: Dns, name: string, options: object = {}): Promise<string[]> =>
  ((await dns.promises.lookup(name, { ...options, all: true })) as LookupAddress[]).map(
    ({ address }) => address,
  );

test("the modem's own resolver is asked, and nobody else", async () => {
  const { dns, driver } = create(() => [IPV4, IPV6], BOTH);
  expect(await dns.promises.lookup('Both.Test.', { all: true })).toEqual([
    { address: IPV4, family: 4 },
    { address: IPV6, family: 6 },
  ]);
  await dns.promises.lookup('münchen.test', 6);
  expect(driver.resolved).toEqual([
    ['Both.Test', 0],
    ['xn--mnchen-3ya.test', 6],
  ]);
  expect(driver.sent).toEqual([]);
});

test('what the modem does not know is missing', async () => {
  for (const resolve of [failing('ENOTFOUND'), () => []]) {
    const { dns, driver } = create(resolve, { ...BOTH, nameServers: ['192.0.2.1'] });
    await expect(dns.promises.lookup('both.test')).rejects.toMatchObject({ code: 'ENOTFOUND', errno: -3008 });
    expect(driver.sent).toEqual([]);
  }
});

test('a modem without a resolver: name servers', async () => {
  const { dns, types } = create(none, BOTH);
  expect(await all(dns, 'both.test')).toEqual([IPV6, IPV4]);
  expect(types().sort()).toEqual(['A', 'AAAA']);
});

test('whoever names servers does not want the resolver of the modem', async () => {
  const { dns, driver } = create(() => ['203.0.113.66'], { ...BOTH, dns: '192.0.2.9:5353, [2001:db8::9]' });
  expect(await all(dns, 'four.test', { family: 4 })).toEqual([IPV4]);
  expect(driver.resolved).toEqual([]);
  expect(driver.sent.map(({ to }) => to)).toEqual([{ address: '192.0.2.9', port: 5353, family: 4 }]);
  expect(dns.getServers()).toEqual(['192.0.2.9:5353', '2001:db8::9']);
});

test('options are read when they are needed: they may come with the modem', async () => {
  const driver = new ResolvingDriver(none, BOTH);
  let named: string | undefined;
  const options = {
    get dns() {
      return named;
    },
  };
  const dns = createDns(async () => {
    named = '192.0.2.9';
    return driver;
  }, options);
  await dns.promises.resolve4('four.test');
  expect(driver.sent.map(({ to }) => to.address)).toEqual(['192.0.2.9']);
});

test('a resolver that fails: the name servers of the network, if it has any', async () => {
  const helped = create(failing('EAI_AGAIN'), { ...BOTH, nameServers: ['192.0.2.1'] });
  expect(await all(helped.dns, 'four.test')).toEqual([IPV4]);
  const alone = create(failing('EAI_AGAIN'), BOTH);
  await expect(alone.dns.promises.lookup('four.test')).rejects.toMatchObject({
    code: 'EAI_AGAIN',
    errno: -3001,
    syscall: 'getaddrinfo',
    hostname: 'four.test',
    message: 'getaddrinfo EAI_AGAIN four.test',
  });
  expect(alone.driver.sent).toEqual([]);
});

test('no network: nobody is asked', async () => {
  for (const resolve of [failing('ENETDOWN'), failing('EAI_AGAIN', new SocketFailure('ENETDOWN', 'off'))]) {
    const { dns, driver } = create(resolve, { ...BOTH, nameServers: ['192.0.2.1'] });
    await expect(dns.promises.lookup('four.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    expect(driver.sent).toEqual([]);
  }
});

test.each([
  ['IPv4 only', ONLY_IPV4, {}, ['A'], [IPV4]],
  ['IPv6 only', ONLY_IPV6, {}, ['AAAA'], [IPV6]],
  ['both', BOTH, {}, ['A', 'AAAA'], [IPV6, IPV4]],
  ['not known', { addresses: [] }, {}, ['A', 'AAAA'], [IPV6, IPV4]],
  ['both, IPv4 wanted', BOTH, { family: 4 }, ['A'], [IPV4]],
  ['both, IPv6 wanted', BOTH, { family: 'IPv6' }, ['AAAA'], [IPV6]],
  ['IPv4 only, IPv6 wanted all the same', ONLY_IPV4, { family: 6 }, ['AAAA'], [IPV6]],
  ['both, IPv4 first', BOTH, { order: 'ipv4first' }, ['A', 'AAAA'], [IPV4, IPV6]],
  ['both, not verbatim', BOTH, { verbatim: false }, ['A', 'AAAA'], [IPV4, IPV6]],
  ['both, IPv6 first', BOTH, { order: 'ipv6first', verbatim: false }, ['A', 'AAAA'], [IPV6, IPV4]],
])('a network of families: %s', async (_what, network, options, asked, found) => {
  const { dns, types } = create(none, network);
  expect(await all(dns, 'both.test', options)).toEqual(found);
  expect(types().sort()).toEqual(asked);
});

describe('IPv6 wanted where the network has a NAT64, but no DNS64', () => {
  const NETWORK = { ...ONLY_IPV6, nat64: '64:ff9b::/96' };
  const SYNTHESISED = '64:ff9b::c633:6407';

  test.each([
    ['four.test', {}, [SYNTHESISED]],
    ['four.test', { hints: nodeDns.V4MAPPED }, [SYNTHESISED]],
    ['both.test', {}, [IPV6]],
    ['six.test', {}, [IPV6]],
  ])('%s %j by name servers', async (name, options, found) => {
    expect(await all(create(none, NETWORK).dns, name, { family: 6, ...options })).toEqual(found);
  });

  test("by the modem's own resolver", async () => {
    const { dns, driver } = create((name, family) => {
      if (name === 'four.test' && family === 4) return [IPV4];
      throw new SocketFailure('ENOTFOUND', 'no such name');
    }, NETWORK);
    expect(await all(dns, 'four.test', { family: 6 })).toEqual([SYNTHESISED]);
    expect(driver.resolved).toEqual([
      ['four.test', 6],
      ['four.test', 4],
    ]);
    await expect(dns.promises.lookup('x.test', 6)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('an address that NAT64 may not carry is none', async () => {
    const { dns } = create((_name, family) => (family === 4 ? ['10.0.0.1'] : []), NETWORK);
    await expect(dns.promises.lookup('private.test', 6)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('as IPv4 it stays what it is, and without a prefix it is missing', async () => {
    expect(await all(create(none, NETWORK).dns, 'four.test')).toEqual([IPV4]);
    const { dns, types } = create(none, ONLY_IPV6);
    await expect(dns.promises.lookup('four.test', 6)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(types()).toEqual(['AAAA']);
  });
});

test.each([
  ['six.test', { hints: nodeDns.V4MAPPED }, [IPV6]],
  ['four.test', { hints: nodeDns.V4MAPPED }, [`::ffff:${IPV4}`]],
  ['both.test', { hints: nodeDns.V4MAPPED }, [IPV6]],
  ['both.test', { hints: nodeDns.V4MAPPED | nodeDns.ALL }, [IPV6, `::ffff:${IPV4}`]],
  ['six.test', { hints: nodeDns.V4MAPPED | nodeDns.ALL }, [IPV6]],
])('%s as IPv6 with %j', async (name, hints, found) => {
  expect(await all(create(none, BOTH).dns, name, { family: 6, ...hints })).toEqual(found);
});

test('V4MAPPED of a name that does not exist', async () => {
  const lookup = create(none, BOTH).dns.promises.lookup('x.test', { family: 6, hints: nodeDns.V4MAPPED });
  await expect(lookup).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('a family that cannot be found out does not hide the other', async () => {
  const driver = new PacketDriver(
    sent => {
      const asked = readQuestion(sent.message);
      return [asked.type === 'A' ? answer(asked) : response(asked, { code: 2 })];
    },
    { ...BOTH, nameServers: ['192.0.2.1'] },
  );
  const dns = createDns(async () => driver);
  expect(await all(dns, 'four.test')).toEqual([IPV4]);
  await expect(dns.promises.lookup('six.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
});

test.each(['x.test', 'broken.test'])('%s has no address', async name => {
  await expect(create(none, BOTH).dns.promises.lookup(name)).rejects.toMatchObject({
    code: name === 'x.test' ? 'ENOTFOUND' : 'EAI_AGAIN',
    hostname: name,
  });
});

test.each([
  'a b.test',
  'a"b.test',
  'a\r\n.test',
  'a\0.test',
  'a/b.test',
  '*.test',
  '.',
  'a\u010d.test b',
  '-\u2028.test',
])('%j is no host name, and reaches neither a modem nor a server', async name => {
  const { dns, driver } = create(() => [IPV4], BOTH);
  await expect(dns.promises.lookup(name)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect([driver.resolved, driver.sent]).toEqual([[], []]);
});

test('localhost is this side of the modem (deviation dns-lookup)', async () => {
  const { dns, driver } = create(() => [IPV4], BOTH);
  expect(await all(dns, 'localhost')).toEqual(['127.0.0.1']);
  expect(await all(dns, 'App.LocalHost', { family: 6 })).toEqual(['::1']);
  expect(driver.resolved).toEqual([]);
});

test('all connections in use: the error says how many, and who has them', async () => {
  const { dns, driver } = create(none, { ...BOTH, dns: '192.0.2.1' });
  const holders = 'all 6 connections of the modem are in use: UDP 7, TCP 80';
  driver.beforeOpening = () => {
    throw new SocketFailure('EMFILE', holders);
  };
  await expect(dns.promises.resolve4('four.test')).rejects.toMatchObject({
    code: 'ECONNREFUSED',
    message: `queryA ECONNREFUSED four.test (${holders})`,
  });
  await expect(dns.promises.lookup('four.test', 4)).rejects.toMatchObject({
    code: 'EAI_AGAIN',
    message: `getaddrinfo EAI_AGAIN four.test (${holders})`,
  });
});

test('a server that is no address is found when it is needed', async () => {
  const { dns } = create(none, { dns: 'example.test' });
  await expect(dns.promises.lookup('four.test')).rejects.toMatchObject({
    code: 'EAI_AGAIN',
    cause: { code: 'ERR_INVALID_IP_ADDRESS' },
  });
});

test('types that only dns-packet knows (deviation dns-servers)', async () => {
  const driver = new PacketDriver(sent => {
    const asked = readQuestion(sent.message);
    const digest = Buffer.from('0123456789');
    const data = { keyTag: 1, algorithm: 8, digestType: 2, digest };
    return [response(asked, { answers: [{ type: 'DS', name: asked.name, ttl: 5, data }] })];
  });
  const dns = createDns(async () => driver);
  const resolve = dns.promises.resolve as (name: string, type: string) => Promise<unknown>;
  expect(await resolve('x.test', 'DS')).toEqual([
    { keyTag: 1, algorithm: 8, digestType: 2, digest: Buffer.from('0123456789') },
  ]);
  await expect(resolve('x.test', 'SSHFP')).rejects.toMatchObject({ code: 'ENODATA', syscall: 'querySshfp' });
  expect(() => resolve('x.test', 'OPT')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
});
