/** Part of the conformance suite of `dns`: resolvers, their servers, callbacks and promises, cancelling. */
import { AsyncLocalStorage } from 'node:async_hooks';
import nodeDns, { type AnyRecord } from 'node:dns';
import { promisify } from 'node:util';
import type { Answer } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { addressOf, authority, type Responder, response } from '../unit/dns/name-server.ts';
import { called, turns } from './bench.ts';
import type { DnsBench } from './dns-bench.ts';

const CALLBACKS = [
  ['resolve4', 'queryA'],
  ['resolve6', 'queryAaaa'],
  ['resolveAny', 'queryAny'],
  ['resolveCaa', 'queryCaa'],
  ['resolveCname', 'queryCname'],
  ['resolveMx', 'queryMx'],
  ['resolveNaptr', 'queryNaptr'],
  ['resolveNs', 'queryNs'],
  ['resolvePtr', 'queryPtr'],
  ['resolveSoa', 'querySoa'],
  ['resolveSrv', 'querySrv'],
  ['resolveTxt', 'queryTxt'],
] as const;

const IN_COMMON = { name: 'x.test', ttl: 5 } as const;
const DATA: readonly Answer[] = [
  { ...IN_COMMON, type: 'MX', data: { exchange: 'mail.test', preference: 3 } },
  { ...IN_COMMON, type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.test' } },
  { ...IN_COMMON, type: 'SRV', data: { priority: 1, weight: 2, port: 3, target: 'service.test' } },
  {
    ...IN_COMMON,
    type: 'NAPTR',
    data: { order: 1, preference: 2, flags: 's', services: 'SIP', regexp: '', replacement: 'r.test' },
  },
  {
    ...IN_COMMON,
    type: 'TLSA',
    data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('certificate') },
  },
];

const missing: Responder = asked => [response(asked, { code: 3 })];

const everything: Responder = asked => [
  response(asked, {
    answers: [
      { type: 'TXT', name: asked.name, ttl: 5, data: ['one', 'two'] },
      { type: 'MX', name: asked.name, ttl: 5, data: { exchange: 'mail.test', preference: 3 } },
      { type: 'AAAA', name: asked.name, ttl: 7, data: '2001:db8::1' },
      addressOf(asked.name),
      { type: 'NS', name: asked.name, ttl: 5, data: 'ns.test' },
      { ...authority(5, 5), name: asked.name },
      { type: 'CAA', name: asked.name, ttl: 5, data: { flags: 0, tag: 'issue', value: 'ca.test' } },
    ],
  }),
];

export function resolving(bench: DnsBench): void {
  describe('a resolver', () => {
    test.each(CALLBACKS)('%s() says what failed', async (method, syscall) => {
      const { resolver, promised } = await bench.resolvers(missing);
      const expected = {
        code: 'ENOTFOUND',
        errno: undefined,
        syscall,
        hostname: 'x.test',
        message: `${syscall} ENOTFOUND x.test`,
      };
      const [error, ...rest] = await called<unknown[]>(done =>
        Reflect.apply(resolver[method], resolver, ['x.test', done]),
      );
      expect(error).toMatchObject(expected);
      expect(rest).toEqual([]);
      const rejection = await promised[method]('x.test').catch((cause: unknown) => cause);
      expect(rejection).toMatchObject(expected);
      expect(rejection).toBeInstanceOf(Error);
      expect(Object.keys(rejection as object)).toEqual(['errno', 'code', 'syscall', 'hostname']);
    });

    test('resolve() asks for addresses, or for the type', async () => {
      const { resolver, promised } = await bench.resolvers(everything);
      expect(await called(done => resolver.resolve('x.test', done))).toEqual([null, ['192.0.2.1']]);
      expect(await called(done => resolver.resolve('x.test', 'NS', done))).toEqual([null, ['ns.test']]);
      expect(await promised.resolve('x.test')).toEqual(['192.0.2.1']);
      expect(await promised.resolve('x.test', 'TXT')).toEqual([['one', 'two']]);
      expect(await promisify(resolver.resolve4).call(resolver, 'x.test')).toEqual(['192.0.2.1']);
    });

    test.each(DATA)('$type records have the members that this version of Node gives them', async record => {
      const { type } = record;
      const { server, promised } = await bench.resolvers(asked => [response(asked, { answers: [record] })]);
      if (!(`resolve${type[0]}${type.slice(1).toLowerCase()}` in nodeDns)) return;
      const nodes = new nodeDns.promises.Resolver({ timeout: 2_000, tries: 1 });
      nodes.setServers([server.address]);
      expect(await promised.resolve('x.test', type)).toEqual(await nodes.resolve('x.test', type));
    });

    test('the time to live where it is wanted', async () => {
      const { resolver, promised } = await bench.resolvers(everything);
      expect(await called(done => resolver.resolve4('x.test', { ttl: true }, done))).toEqual([
        null,
        [{ address: '192.0.2.1', ttl: 60 }],
      ]);
      expect(await called(done => resolver.resolve4('x.test', { ttl: false }, done))).toEqual([
        null,
        ['192.0.2.1'],
      ]);
      expect(await promised.resolve6('x.test', { ttl: true })).toEqual([{ address: '2001:db8::1', ttl: 7 }]);
    });

    test('ANY: by type, in the order of Node', async () => {
      const { promised } = await bench.resolvers(everything);
      const found: AnyRecord[] = await promised.resolveAny('x.test');
      expect(found).toEqual([
        { address: '192.0.2.1', ttl: 60, type: 'A' },
        { address: '2001:db8::1', ttl: 7, type: 'AAAA' },
        { exchange: 'mail.test', priority: 3, type: 'MX' },
        { value: 'ns.test', type: 'NS' },
        { entries: ['one', 'two'], type: 'TXT' },
        {
          nsname: 'ns.test',
          hostmaster: 'admin.test',
          serial: 1,
          refresh: 2,
          retry: 3,
          expire: 4,
          minttl: 5,
          type: 'SOA',
        },
        { critical: 0, issue: 'ca.test', type: 'CAA' },
      ]);
    });

    test('reverse()', async () => {
      const { resolver, promised, server } = await bench.resolvers(asked => [
        response(asked, { answers: [{ type: 'PTR', name: asked.name, ttl: 5, data: 'x.test' }] }),
      ]);
      expect(await called(done => resolver.reverse('192.0.2.1', done))).toEqual([null, ['x.test']]);
      expect(await promised.reverse('2001:db8::1')).toEqual(['x.test']);
      expect(server.asked.map(({ name }) => name.toLowerCase().slice(0, 12))).toEqual([
        '1.2.0.192.in',
        '1.0.0.0.0.0.',
      ]);
      await expect(promised.reverse('x')).rejects.toMatchObject({ code: 'EINVAL', syscall: 'getHostByAddr' });
    });

    test('the callback comes later, in the context of the call; gives back an object', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { resolver } = await bench.resolvers();
      for (const name of ['x.test', 'a..b']) {
        const log: unknown[] = [];
        await storage.run('context', () =>
          called(done => {
            const request: unknown = resolver.resolve4(name, () => {
              log.push('callback', storage.getStore());
              done();
            });
            log.push(typeof request);
          }),
        );
        expect(log).toEqual(['object', 'callback', 'context']);
      }
    });

    test('many questions at once', async () => {
      const { promised, server } = await bench.resolvers(asked => [
        response(asked, {
          answers: [addressOf(asked.name, `192.0.2.${asked.name.slice(1, asked.name.indexOf('.'))}`)],
        }),
      ]);
      const names = Array.from({ length: 60 }, (_, index) => `n${index}.test`);
      const found = await Promise.all(names.map(name => promised.resolve4(name)));
      expect(found).toEqual(names.map((_, index) => [`192.0.2.${index}`]));
      expect(server.asked).toHaveLength(60);
    });

    test('tries as often as it is told', async () => {
      const { promised, server } = await bench.resolvers(() => [], { timeout: 50, tries: 3 });
      await expect(promised.resolve4('x.test')).rejects.toMatchObject({ code: 'ETIMEOUT' });
      expect(server.asked).toHaveLength(3);
    });

    test('takes an answer that comes late, or after nonsense', async () => {
      const { promised } = await bench.resolvers(async asked => {
        await turns();
        return [Buffer.from('nonsense'), response(asked, { answers: [addressOf(asked.name)] })].slice(1);
      });
      expect(await promised.resolve4('x.test')).toEqual(['192.0.2.1']);
    });

    test('asks over TCP what no datagram holds', async () => {
      const large = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(200)}`);
      const { promised, server } = await bench.resolvers(asked => [
        asked.overTcp
          ? response(asked, { answers: [{ type: 'TXT', name: asked.name, ttl: 5, data: [...large] }] })
          : response(asked, { truncated: true }),
      ]);
      expect(await promised.resolveTxt('x.test')).toEqual([large]);
      expect(server.asked.map(({ overTcp }) => overTcp)).toEqual([false, true]);
    });
  });

  describe('cancel()', () => {
    test('ends what is under way, and only that', async () => {
      const { resolver, promised } = await bench.resolvers(asked =>
        asked.name.toLowerCase() === 'later.test'
          ? [response(asked, { answers: [addressOf(asked.name)] })]
          : [],
      );
      const errors = [
        called<unknown[]>(done => resolver.resolve4('a.test', done)),
        called<unknown[]>(done => resolver.reverse('192.0.2.1', done)),
      ];
      resolver.cancel();
      for (const [error] of await Promise.all(errors)) expect(error).toMatchObject({ code: 'ECANCELLED' });
      const rejection = promised.resolveMx('a.test').catch((cause: unknown) => cause);
      promised.cancel();
      expect(await rejection).toMatchObject({
        code: 'ECANCELLED',
        syscall: 'queryMx',
        hostname: 'a.test',
        message: 'queryMx ECANCELLED a.test',
      });
      expect(await promised.resolve4('later.test')).toEqual(['192.0.2.1']);
    });

    test('with nothing under way does nothing', () => {
      new bench.dns.Resolver().cancel();
      new bench.dns.promises.Resolver().cancel();
    });
  });

  describe('servers', () => {
    test.each([
      [['192.0.2.1'], ['192.0.2.1']],
      [['192.0.2.1:53'], ['192.0.2.1']],
      [
        ['192.0.2.1:5353', '2001:db8::1'],
        ['192.0.2.1:5353', '2001:db8::1'],
      ],
      [
        ['[2001:db8::1]:5353', '[2001:db8::2]', '2001:DB8:0:0::3'],
        ['[2001:db8::1]:5353', '2001:db8::2', '2001:db8::3'],
      ],
      [
        ['192.0.2.1', '192.0.2.2', '192.0.2.1:53'],
        ['192.0.2.1', '192.0.2.2'],
      ],
      [[], []],
    ])('%j are %j', (given, kept) => {
      for (const resolver of [new bench.dns.Resolver(), new bench.dns.promises.Resolver()]) {
        resolver.setServers(given);
        expect(resolver.getServers()).toEqual(kept);
      }
    });

    test('wrong ones leave the old ones', () => {
      const resolver = new bench.dns.Resolver();
      resolver.setServers(['192.0.2.1']);
      expect(() => resolver.setServers(['192.0.2.2', 'x'])).toThrow();
      expect(resolver.getServers()).toEqual(['192.0.2.1']);
    });

    test('those of the module are for its functions, and for no resolver', async () => {
      const { dns } = bench;
      const { server, resolver } = await bench.resolvers();
      const usual = dns.getServers();
      const before = new dns.Resolver().getServers();
      try {
        dns.setServers([server.address]);
        expect([dns.getServers(), dns.promises.getServers()]).toEqual([[server.address], [server.address]]);
        expect(new dns.Resolver().getServers()).toEqual(before);
        expect(await called(done => dns.resolve4('x.test', done))).toEqual([null, ['192.0.2.1']]);
        expect(await dns.promises.resolve4('y.test')).toEqual(['192.0.2.1']);
        const { resolve4 } = dns.promises;
        expect(await resolve4('z.test')).toEqual(['192.0.2.1']);
        expect(await promisify(dns.resolve4)('w.test')).toEqual(['192.0.2.1']);
        expect(resolver.getServers()).toEqual([server.address]);
      } finally {
        dns.setServers(usual);
      }
    });
  });

  test('the module has the members of Node, and its constants', () => {
    const { dns } = bench;
    expect(dns).toMatchObject({
      ADDRCONFIG: 32,
      V4MAPPED: 8,
      ALL: 16,
      NODATA: 'ENODATA',
      CANCELLED: 'ECANCELLED',
    });
    expect(dns.promises).toMatchObject({ NOTFOUND: 'ENOTFOUND', TIMEOUT: 'ETIMEOUT' });
    class Extended extends dns.Resolver {}
    expect(new Extended()).toBeInstanceOf(dns.Resolver);
    expect(new Extended().getServers()).toEqual(new dns.Resolver().getServers());
  });
}
