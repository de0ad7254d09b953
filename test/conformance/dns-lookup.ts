/** Part of the conformance suite of `dns`: `lookup` and `lookupService`, as far as no name is asked for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { called } from './bench.ts';
import type { DnsBench } from './dns-bench.ts';

export function lookingUp(bench: DnsBench): void {
  describe('lookup()', () => {
    test.each([
      ['192.0.2.1', 4],
      ['2001:db8::1', 6],
      ['::ffff:192.0.2.1', 6],
    ])('%s is its own address', async (address, family) => {
      const { dns } = bench;
      expect(await called(done => dns.lookup(address, done))).toEqual([null, address, family]);
      expect(await called(done => dns.lookup(address, 0, done))).toEqual([null, address, family]);
      expect(await called(done => dns.lookup(address, { all: true }, done))).toEqual([
        null,
        [{ address, family }],
      ]);
      expect(await dns.promises.lookup(address)).toEqual({ address, family });
      expect(await dns.promises.lookup(address, { all: true })).toEqual([{ address, family }]);
      expect(await promisify(dns.lookup)(address)).toEqual({ address, family });
    });

    test('a literal has its own family, whatever is wanted', async () => {
      expect(await bench.dns.promises.lookup('192.0.2.1', { family: 6 })).toEqual({
        address: '192.0.2.1',
        family: 4,
      });
    });

    test('an empty name has no address', async () => {
      const { dns } = bench;
      expect(await called(done => dns.lookup('', done))).toEqual([null, null, 4]);
      expect(await called(done => dns.lookup('', 6, done))).toEqual([null, null, 6]);
      expect(await called(done => dns.lookup('', { all: true }, done))).toEqual([null, []]);
      expect(await dns.promises.lookup('')).toEqual({ address: null, family: 4 });
    });

    test('localhost', async () => {
      const { dns } = bench;
      expect(await dns.promises.lookup('localhost', 4)).toEqual({ address: '127.0.0.1', family: 4 });
      expect(await called(done => dns.lookup('localhost', { family: 'IPv4' }, done))).toEqual([
        null,
        '127.0.0.1',
        4,
      ]);
    });

    test('a name that never exists', async () => {
      const { dns } = bench;
      const error = await dns.promises.lookup('a..invalid').catch(cause => cause);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        code: 'ENOTFOUND',
        errno: -3008,
        syscall: 'getaddrinfo',
        hostname: 'a..invalid',
        message: 'getaddrinfo ENOTFOUND a..invalid',
      });
      expect(await called(done => dns.lookup('a..invalid', done))).toEqual([
        expect.objectContaining({ code: 'ENOTFOUND' }),
      ]);
    });

    test('the callback comes later, in the context of the call', async () => {
      const storage = new AsyncLocalStorage<string>();
      for (const name of ['192.0.2.1', 'localhost', 'a..invalid', '']) {
        const log: unknown[] = [];
        const outcome = storage.run('context', () =>
          called(done => {
            bench.dns.lookup(name, 4, () => {
              log.push('callback', storage.getStore());
              done();
            });
            log.push('returned');
          }),
        );
        await outcome;
        expect(log).toEqual(['returned', 'callback', 'context']);
      }
    });

    test('gives back an object', () => {
      expect(typeof bench.dns.lookup('192.0.2.1', () => {})).toBe('object');
    });

    test('options may be null', async () => {
      const call = (done: (...outcome: unknown[]) => void): unknown =>
        Reflect.apply(bench.dns.lookup, bench.dns, ['192.0.2.1', null, done]);
      expect(await called(call)).toEqual([null, '192.0.2.1', 4]);
    });
  });

  test('the order of results may be set', () => {
    const { dns } = bench;
    const usual = dns.getDefaultResultOrder();
    for (const order of ['ipv4first', 'ipv6first', 'verbatim'] as const) {
      dns.setDefaultResultOrder(order);
      expect([dns.getDefaultResultOrder(), dns.promises.getDefaultResultOrder()]).toEqual([order, order]);
    }
    dns.promises.setDefaultResultOrder('ipv4first');
    expect(dns.getDefaultResultOrder()).toBe('ipv4first');
    dns.setDefaultResultOrder(usual);
  });

  describe('lookupService()', () => {
    test('names the service, and this machine', async () => {
      const { dns } = bench;
      const [error, hostname, service] = await called<unknown[]>(done =>
        dns.lookupService('127.0.0.1', 22, done),
      );
      expect([error, typeof hostname, service]).toEqual([null, 'string', 'ssh']);
      expect(await dns.promises.lookupService('127.0.0.1', 22)).toEqual({ hostname, service });
      expect(await promisify(dns.lookupService)('127.0.0.1', 22)).toEqual({ hostname, service });
    });

    test('a port number without a name is its number', async () => {
      expect((await bench.dns.promises.lookupService('127.0.0.1', 65_001)).service).toBe('65001');
    });
  });
}
