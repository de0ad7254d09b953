/** `atsock resolve`: families, servers and record types, against simulators in another process and a server of this one. */
import type { Answer } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { type Asked, addressOf, NameServer, response } from '../unit/dns/name-server.ts';
import { DIALECTS, run, startSimOf } from './run-cli.ts';

const NAME = 'zone.test';
const ttl = 60;

/** Of `zone.test`, as they are served, and as they are printed. */
const RECORDS: readonly (readonly [answer: Answer, text: string])[] = [
  [addressOf(NAME, '192.0.2.1'), '192.0.2.1'],
  [{ type: 'AAAA', name: NAME, ttl, data: '2001:db8::1' }, '2001:db8::1'],
  [
    { type: 'CAA', name: NAME, ttl, data: { flags: 128, tag: 'issue', value: 'ca.test' } },
    '128 issue "ca.test"',
  ],
  [{ type: 'CNAME', name: NAME, ttl, data: 'other.test' }, 'other.test'],
  [{ type: 'MX', name: NAME, ttl, data: { preference: 10, exchange: 'mail.test' } }, '10 mail.test'],
  [
    {
      type: 'NAPTR',
      name: NAME,
      ttl,
      data: { order: 1, preference: 2, flags: 'u', services: 's', regexp: '!^.*$!a!', replacement: '.' },
    },
    '1 2 "u" "s" "!^.*$!a!" .',
  ],
  [{ type: 'NS', name: NAME, ttl, data: 'ns.test' }, 'ns.test'],
  [{ type: 'PTR', name: NAME, ttl, data: 'ptr.test' }, 'ptr.test'],
  [
    {
      type: 'SOA',
      name: NAME,
      ttl,
      data: {
        mname: 'ns.test',
        rname: 'admin.test',
        serial: 1,
        refresh: 2,
        retry: 3,
        expire: 4,
        minimum: 5,
      },
    },
    'ns.test admin.test 1 2 3 4 5',
  ],
  [
    { type: 'SRV', name: NAME, ttl, data: { priority: 1, weight: 2, port: 3, target: 'srv.test' } },
    '1 2 3 srv.test',
  ],
  [
    {
      type: 'TLSA',
      name: NAME,
      ttl,
      data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('beef', 'hex') },
    },
    '{"certUsage":3,"selector":1,"match":1,"data":"beef"}',
  ],
  [{ type: 'TXT', name: NAME, ttl, data: ['v=1', 'a "b"'] }, '"v=1" "a \\"b\\""'],
  [
    {
      type: 'DS',
      name: NAME,
      ttl,
      data: { keyTag: 1, algorithm: 8, digestType: 2, digest: Buffer.from('c0de', 'hex') },
    },
    '{"keyTag":1,"algorithm":8,"digestType":2,"digest":"c0de"}',
  ],
];

/** Types in Node's order for ANY. */
const IN_ANY = ['A', 'AAAA', 'MX', 'NS', 'TXT', 'SRV', 'PTR', 'NAPTR', 'SOA', 'CAA', 'TLSA'];

const textOf = (type: string): string => RECORDS.find(([answer]) => answer.type === type)?.[1] ?? '';

function answers({ type, name }: Asked): Answer[] {
  if (name.toLowerCase().endsWith('.in-addr.arpa')) return [{ type: 'PTR', name, ttl, data: 'a.zone.test' }];
  if (name.toLowerCase() !== NAME) return [];
  const served = RECORDS.map(([answer]) => ({ ...answer, name }));
  if (type === 'ANY') return served.filter(answer => answer.type !== 'DS');
  return served.filter(answer => answer.type === type);
}

const startServer = (): Promise<NameServer> =>
  NameServer.start(asked => [response(asked, { answers: answers(asked) })]);

describe.each(DIALECTS)('%s', dialect => {
  test('every type of record, of a server of choice', async () => {
    const { address: server } = await startServer();
    const { url } = await startSimOf(dialect);
    const resolve = (...args: string[]) => run(['resolve', '-m', url, '--server', server, ...args]);
    for (const [{ type }, text] of RECORDS)
      expect({ type, ...(await resolve(NAME, '--type', type.toLowerCase())) }).toEqual({
        type,
        code: 0,
        stdout: `${text}\n`,
        stderr: '',
      });
    const any = await resolve(NAME, '--type', 'ANY');
    expect(any.stdout).toBe(IN_ANY.map(type => `${type} ${textOf(type)}\n`).join(''));
    expect(await resolve('192.0.2.1', '--type', 'PTR')).toMatchObject({ code: 0, stdout: 'a.zone.test\n' });
  }, 60_000);

  test('JSON of records, with bytes as digits', async () => {
    const { address: server } = await startServer();
    const { url } = await startSimOf(dialect);
    const resolve = async (type: string) =>
      JSON.parse(
        (await run(['resolve', '-m', url, '--server', server, NAME, '--type', type, '--json'])).stdout,
      );
    expect(await resolve('mx')).toEqual({
      name: NAME,
      type: 'MX',
      records: [{ priority: 10, exchange: 'mail.test' }],
    });
    expect((await resolve('SOA')).records).toHaveLength(1);
    expect((await resolve('TLSA')).records).toMatchObject([{ data: 'beef' }]);
  });

  test('addresses of servers of choice, the second where the first refuses; one family if wanted', async () => {
    const refusing = await NameServer.start(asked => [response(asked, { code: 5 })]);
    const server = await startServer();
    const { url } = await startSimOf(dialect, '--host', `${NAME}=203.0.113.66`);
    const servers = ['--server', refusing.address, '--server', server.address];
    const resolve = (...args: string[]) => run(['resolve', '-m', url, ...servers, ...args]);
    expect(await resolve(NAME)).toEqual({ code: 0, stdout: '2001:db8::1\n192.0.2.1\n', stderr: '' });
    expect(await resolve('-4', NAME)).toMatchObject({ stdout: '192.0.2.1\n' });
    expect(await resolve('-6', NAME)).toMatchObject({ stdout: '2001:db8::1\n' });
    expect(refusing.asked.length).toBeGreaterThan(0);
  });

  test('without a server: those of the network', async () => {
    const { url } = await startSimOf(dialect, '--host', 'both.test=127.0.0.1,::1');
    const resolve = (...args: string[]) => run(['resolve', '-m', url, ...args]);
    expect(await resolve('both.test', '--type', 'a')).toMatchObject({ code: 0, stdout: '127.0.0.1\n' });
    expect(await resolve('both.test')).toMatchObject({ code: 0, stdout: '::1\n127.0.0.1\n' });
    expect(await resolve('both.test', '--type', 'MX')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^atsock: queryMx ENODATA both\.test[^\n]*\n$/),
    });
  });
});

test('what a server says does nothing to a terminal', async () => {
  const server = await NameServer.start(asked => [
    response(asked, { answers: [{ type: 'TXT', name: asked.name, ttl, data: ['\x1b[2J\x9b1m\r\nx'] }] }),
  ]);
  const { stdout } = await run([
    'resolve',
    '-m',
    'sim:sequans',
    '--server',
    server.address,
    NAME,
    '--type',
    'TXT',
  ]);
  expect(stdout).toMatch(/^"[^\p{Cc}]*\\r\\nx"\n$/u);
});

test.each([
  [['--type', 'NONSENSE'], /--type.*one of A, AAAA, ANY/],
  [['--type', 'A', '-4'], /--type.*cannot be used with.*-4/],
  [['--server', 'name.test'], /--server.*must be an address/],
  [['-4', '-6'], /cannot be used with/],
])('%j is wrong use', async (args, message) => {
  const { code, stderr } = await run(['resolve', '-m', 'sim:sequans', NAME, ...args]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});
