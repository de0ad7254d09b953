/** The same names asked by Node's own resolver and by ours, of the same servers: the same results, the same errors. */
import nodeDns from 'node:dns';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { createDns } from '../../src/sockets/dns.ts';
import { LoopbackTcpDriver } from '../contract/loopback-tcp-driver.ts';
import { freePort, needProgram, startServer, temporaryFolder } from '../support/programs.ts';
import {
  type Asked,
  addressOf,
  flipped,
  NameServer,
  type Responder,
  rawResponse,
  response,
} from '../unit/dns/name-server.ts';
import { openBench, openUrl } from './modems.ts';

type Resolver = nodeDns.promises.Resolver;
type ResolverClass = typeof nodeDns.promises.Resolver;

/** What Node has in common with us, over each kind of modem. */
const TARGETS: readonly { readonly name: string; readonly open: () => Promise<ResolverClass> }[] = [
  {
    name: 'loopback driver',
    open: async () => {
      const driver = new LoopbackTcpDriver();
      return createDns(async () => driver).promises.Resolver;
    },
  },
  {
    name: 'sequans Monarch 2',
    open: async () => (await openBench()).modem.dns.promises.Resolver,
  },
  {
    name: 'sequans Monarch 1',
    open: async () => (await openBench({ generation: 1 })).modem.dns.promises.Resolver,
  },
  {
    name: 'quectel-qfwd',
    open: async () => (await openBench({ commandSet: 'quectel-qfwd' })).modem.dns.promises.Resolver,
  },
];

const PATIENCE = { timeout: 400, tries: 2 };

function aimed(Resolver: ResolverClass, server: string, patience = PATIENCE): Resolver {
  const resolver = new Resolver(patience);
  resolver.setServers([server]);
  return resolver;
}

type Ask = (resolver: Resolver) => Promise<unknown>;

/** A result whose order means nothing, or what Node's errors say. */
async function outcome(ask: Ask, resolver: Resolver): Promise<unknown> {
  try {
    const result = await ask(resolver);
    return Array.isArray(result) ? result.map(each => JSON.stringify(each)).sort() : result;
  } catch (error) {
    const { code, errno, syscall, hostname, message } = error as NodeJS.ErrnoException & { hostname: string };
    return { code, errno, syscall, hostname, message };
  }
}

/** All at the same time, each with resolvers of its own. */
async function compare(
  questions: readonly (readonly [name: string, ask: Ask])[],
  Ours: ResolverClass,
  server: string,
): Promise<Readonly<Record<string, unknown>>> {
  const outcomes = async (Resolver: ResolverClass) =>
    Object.fromEntries(
      await Promise.all(
        questions.map(async ([name, ask]) => [name, await outcome(ask, aimed(Resolver, server))]),
      ),
    );
  const node = await outcomes(nodeDns.promises.Resolver);
  expect(await outcomes(Ours)).toEqual(node);
  return node;
}

const codeOf = (found: unknown): string => (found as { readonly code?: string }).code ?? 'OK';

/** All that the questions below are made for. */
const OUTCOMES = ['EBADNAME', 'EINVAL', 'ENODATA', 'ENOTFOUND', 'EREFUSED', 'ESERVFAIL', 'ETIMEOUT', 'OK'];

const ZONE = `
$ORIGIN zone.test.
$TTL 300
@         IN SOA   ns.zone.test. admin\\.of.zone.test. 7 3600 600 86400 60
@         IN NS    ns.zone.test.
@         IN NS    ns2.zone.test.
@         IN MX    10 mail.zone.test.
@         IN MX    20 mail2.other.test.
@         IN TXT   "v=spf1 -all" "second"
@         IN TXT   "gr\\252n"
@         IN CAA   0 issue "ca.test"
@         IN CAA   128 iodef "mailto:a@zone.test"
ns        IN A     192.0.2.53
ns2       IN AAAA  2001:db8::53
a         IN A     192.0.2.1
a         IN A     192.0.2.2
six       IN AAAA  2001:db8::1
six       IN AAAA  2001:db8:0:0:1::1
both      IN A     192.0.2.3
both      IN AAAA  2001:db8::3
alias     IN CNAME alias2.zone.test.
alias2    IN CNAME both.zone.test.
outside   IN CNAME nowhere.zone.test.
mapped    IN AAAA  ::ffff:192.0.2.4
_sip._udp IN SRV   1 2 5060 a.zone.test.
_sip._udp IN SRV   2 0 5061 both.zone.test.
nothing._tcp IN SRV 0 0 0 .
naptr     IN NAPTR 100 10 "s" "SIP+D2U" "" _sip._udp.zone.test.
naptr     IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:a@zone.test!" .
ptr       IN PTR   a.zone.test.
dotted    IN PTR   a\\.b.zone.test.
short     10 IN A  192.0.2.5
large     IN TXT   "${'x'.repeat(250)}" "${'y'.repeat(250)}" "${'z'.repeat(250)}" "${'1'.repeat(250)}"
large     IN TXT   "${'2'.repeat(250)}" "${'3'.repeat(250)}" "${'4'.repeat(250)}"
`;

const REVERSE_ZONE = `
$ORIGIN 2.0.192.in-addr.arpa.
$TTL 300
@  IN SOA ns.zone.test. admin.zone.test. 7 3600 600 86400 60
1  IN PTR a.zone.test.
1  IN PTR other.zone.test.
`;

/** A real name server with these zones; what it is asked otherwise it refuses. */
async function startUnbound(skip: TestContext['skip']): Promise<string> {
  const program = needProgram(skip, 'unbound');
  const folder = temporaryFolder();
  const port = await freePort();
  writeFileSync(join(folder, 'zone'), ZONE);
  writeFileSync(join(folder, 'reverse'), REVERSE_ZONE);
  const zone = (name: string, file: string): string =>
    `auth-zone:\n  name: "${name}"\n  zonefile: "${join(folder, file)}"\n  for-downstream: yes\n  for-upstream: yes\n`;
  writeFileSync(
    join(folder, 'unbound.conf'),
    `server:
  interface: 127.0.0.1
  port: ${port}
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: "${folder}"
  use-syslog: no
  verbosity: 0
  num-threads: 1
  module-config: "iterator"
  local-zone: "test." nodefault
  local-zone: "2.0.192.in-addr.arpa." nodefault
  local-zone: "refused.test." refuse
  local-zone: "silent.test." deny
  local-zone: "missing.test." always_nxdomain
  local-zone: "empty.test." always_nodata
  do-not-query-localhost: no
  do-not-query-address: 127.0.0.9
forward-zone:
  name: "broken.test"
  forward-addr: 127.0.0.9
${zone('zone.test', 'zone')}${zone('2.0.192.in-addr.arpa', 'reverse')}`,
  );
  await startServer(program, ['-d', '-c', join(folder, 'unbound.conf')], { type: 'udp4', port });
  return `127.0.0.1:${port}`;
}

const QUESTIONS: readonly (readonly [name: string, ask: Ask])[] = [
  ['A', resolver => resolver.resolve4('a.zone.test')],
  ['A with ttl', resolver => resolver.resolve4('a.zone.test', { ttl: true })],
  ['A of a name in mixed case', resolver => resolver.resolve4('A.Zone.TEST')],
  ['A of a name with a last dot', resolver => resolver.resolve4('a.zone.test.')],
  ['A of a name without one', resolver => resolver.resolve4('six.zone.test')],
  ['AAAA', resolver => resolver.resolve6('six.zone.test')],
  ['AAAA with ttl', resolver => resolver.resolve6('six.zone.test', { ttl: true })],
  ['AAAA of a mapped address', resolver => resolver.resolve6('mapped.zone.test')],
  ['AAAA of a name without one', resolver => resolver.resolve6('a.zone.test')],
  ['A behind a chain', resolver => resolver.resolve4('alias.zone.test')],
  ['A behind a chain with ttl', resolver => resolver.resolve4('alias.zone.test', { ttl: true })],
  ['AAAA behind a chain', resolver => resolver.resolve6('alias.zone.test')],
  ['A behind an alias of nothing', resolver => resolver.resolve4('outside.zone.test')],
  ['CNAME', resolver => resolver.resolveCname('alias.zone.test')],
  ['CNAME of a name without one', resolver => resolver.resolveCname('a.zone.test')],
  ['MX', resolver => resolver.resolveMx('zone.test')],
  ['MX, none', resolver => resolver.resolveMx('a.zone.test')],
  ['TXT', resolver => resolver.resolveTxt('zone.test')],
  ['TXT, more than a datagram holds', resolver => resolver.resolveTxt('large.zone.test')],
  ['SRV', resolver => resolver.resolveSrv('_sip._udp.zone.test')],
  ['SRV of a service that is not there', resolver => resolver.resolveSrv('nothing._tcp.zone.test')],
  ['NS', resolver => resolver.resolveNs('zone.test')],
  ['NS, none', resolver => resolver.resolveNs('a.zone.test')],
  ['SOA', resolver => resolver.resolveSoa('zone.test')],
  ['SOA, none', resolver => resolver.resolveSoa('a.zone.test')],
  ['CAA', resolver => resolver.resolveCaa('zone.test')],
  ['NAPTR', resolver => resolver.resolveNaptr('naptr.zone.test')],
  ['PTR', resolver => resolver.resolvePtr('ptr.zone.test')],
  ['PTR with a dot in a label', resolver => resolver.resolvePtr('dotted.zone.test')],
  ['PTR, none', resolver => resolver.resolvePtr('a.zone.test')],
  ['ANY', resolver => resolver.resolveAny('zone.test')],
  ['ANY of an alias', resolver => resolver.resolveAny('alias.zone.test')],
  ['resolve() without type', resolver => resolver.resolve('a.zone.test')],
  ['resolve() MX', resolver => resolver.resolve('zone.test', 'MX')],
  ['resolve() ANY', resolver => resolver.resolve('both.zone.test', 'ANY')],
  ['reverse', resolver => resolver.reverse('192.0.2.1')],
  ['reverse of an unknown address', resolver => resolver.reverse('192.0.2.99')],
  ['reverse of an IPv6 address', resolver => resolver.reverse('2001:db8::1')],
  ['reverse of no address', resolver => resolver.reverse('a.zone.test')],
  ['a name that does not exist', resolver => resolver.resolve4('nobody.zone.test')],
  ['a name that never exists', resolver => resolver.resolveMx('a.missing.test')],
  ['a name without records', resolver => resolver.resolve4('a.empty.test')],
  ['SERVFAIL', resolver => resolver.resolve4('a.broken.test')],
  ['REFUSED', resolver => resolver.resolve4('a.refused.test')],
  ['silence', resolver => resolver.resolve4('a.silent.test')],
  ['an empty label', resolver => resolver.resolve4('a..zone.test')],
  ['a label that is too long', resolver => resolver.resolveTxt(`${'l'.repeat(64)}.zone.test`)],
  ['a name that is too long', resolver => resolver.resolve6(`${'l.'.repeat(130)}zone.test`)],
  ['a name with a blank', resolver => resolver.resolve4('a b.zone.test')],
  ['a name in German', resolver => resolver.resolve4('münchen.zone.test')],
  ['a hidden service', resolver => resolver.resolve4('hidden.onion')],
];

describe.each(TARGETS)('a real unbound, $name', ({ open }) => {
  test('every kind of question', async ({ skip }) => {
    const server = await startUnbound(skip);
    const Ours = await open();
    const node = await compare(QUESTIONS, Ours, server);
    // Unbound knows better than its zones about many names: the comparison would be of one error with itself.
    const codes = Object.values(node).map(found => (Array.isArray(found) ? 'OK' : codeOf(found)));
    expect(codes.filter(code => code === 'OK').length).toBeGreaterThan(20);
    expect([...new Set(codes)].sort()).toEqual(OUTCOMES);
  });
});

describe.each(['sim:sequans', 'sim:quectel-qfwd'])('name servers in the URL, %s', sim => {
  test('the module asks them as the program would', async ({ skip }) => {
    const server = await startUnbound(skip);
    // The first does not answer: nobody listens there.
    const { dns } = await openUrl(`${sim}?dns=127.0.0.1:${await freePort()},${server}`);
    expect(await dns.promises.lookup('both.zone.test', { all: true })).toEqual([
      { address: '2001:db8::3', family: 6 },
      { address: '192.0.2.3', family: 4 },
    ]);
    expect(await dns.promises.lookup('alias.zone.test', 4)).toEqual({ address: '192.0.2.3', family: 4 });
    expect(await dns.promises.resolveMx('zone.test')).toHaveLength(2);
    expect((await dns.promises.resolveTxt('large.zone.test')).flat().join('')).toHaveLength(1750);
    expect(dns.getServers().at(-1)).toBe(server);
    await expect(dns.promises.lookup('nobody.zone.test')).rejects.toMatchObject({
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname: 'nobody.zone.test',
    });
    await expect(dns.promises.lookup('a.refused.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });
});

const right = (asked: Asked): Buffer => response(asked, { answers: [addressOf(asked.name)] });

/** As if the question had come in lower case: some servers answer so. */
const lowered = (asked: Asked): Asked => {
  const name = asked.name.toLowerCase();
  return { ...asked, name, packet: { ...asked.packet, questions: [{ type: 'A', name }] } };
};

/** What a hostile, broken or slow server does; by the first label of the name. */
const HOSTILE: Readonly<Record<string, Responder>> = {
  right: asked => [right(asked)],
  silent: () => [],
  'wrong-id': asked => [flipped(right(asked), 0)],
  'wrong-id-then-right': asked => [flipped(right(asked), 1), right(asked)],
  'wrong-question': asked => [flipped(right(asked), 14, 1)],
  'wrong-question-then-right': asked => [flipped(right(asked), 14, 1), right(asked)],
  'wrong-type-then-right': asked => [
    flipped(right(asked), 12 + asked.name.length + 3, 0x1c ^ 1),
    right(asked),
  ],
  'pointer-loop': asked => [rawResponse(asked, pointingAt(response(asked).length))],
  'forward-pointer': asked => [rawResponse(asked, pointingAt(response(asked).length + 14))],
  'pointer-beyond-the-end': asked => [rawResponse(asked, pointingAt(0x3fff))],
  'lower-case': asked => [right(lowered(asked))],
  cut: asked => [right(asked).subarray(0, -3)],
  'more-records-announced': asked => [rawResponse(asked, Buffer.alloc(0), 9)],
  'data-longer-than-the-record': asked => [rawResponse(asked, record({ length: 9 }))],
  'data-shorter-than-the-record': asked => [rawResponse(asked, record({ length: 3 }))],
  'unknown-label-kind': asked => [rawResponse(asked, Buffer.from([0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]))],
  'server-failure': asked => [response(asked, { code: 2 })],
  refused: asked => [response(asked, { code: 5 })],
  'format-error': asked => [response(asked, { code: 1 })],
  'not-implemented': asked => [response(asked, { code: 4 })],
  'name-error': asked => [response(asked, { code: 3 })],
  'strange-code': asked => [response(asked, { code: 9 })],
  empty: asked => [response(asked)],
  'truncated-then-whole': asked => [asked.overTcp ? right(asked) : response(asked, { truncated: true })],
  'other-class': asked => [rawResponse(asked, record({ recordClass: 3 }))],
  twice: asked => [right(asked), right(asked)],
};

/** One A record whose name is a pointer. */
const pointingAt = (offset: number): Buffer =>
  Buffer.from([0xc0 | (offset >> 8), offset & 0xff, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);

const record = ({ length = 4, recordClass = 1 }): Buffer =>
  Buffer.from([0xc0, 12, 0, 1, 0, recordClass, 0, 0, 0, 60, 0, length, 192, 0, 2, 1]);

const hostile: Responder = asked => HOSTILE[asked.name.toLowerCase().split('.')[0] ?? '']?.(asked) ?? [];

describe.each(TARGETS)('a hostile server, $name', ({ open }) => {
  test('every trick', async () => {
    const server = await NameServer.start(hostile);
    const Ours = await open();
    const ask = (trick: string): [string, Ask] => [
      trick,
      resolver => resolver.resolve4(`${trick}.hostile.test`),
    ];
    await compare(Object.keys(HOSTILE).map(ask), Ours, server.address);
  });

  test('garbage is no answer: only the time is over', async () => {
    const server = await NameServer.start(() => [Buffer.from('hello'), Buffer.alloc(0)]);
    const ask = (resolver: Resolver) => resolver.resolve4('a.test');
    const node = await outcome(ask, aimed(nodeDns.promises.Resolver, server.address));
    const ours = await outcome(ask, aimed(await open(), server.address));
    expect(ours).toEqual(node);
  });

  test('truncated, and nobody listens on TCP', async () => {
    const server = await NameServer.start(asked => [response(asked, { truncated: true })]);
    server.refuseTcp();
    const ask = (resolver: Resolver) => resolver.resolve4('a.test');
    const node = await outcome(ask, aimed(nodeDns.promises.Resolver, server.address));
    const ours = await outcome(ask, aimed(await open(), server.address));
    expect(ours).toEqual(node);
  });
});
