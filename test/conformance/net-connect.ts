/** Conformance: the events while a socket connects, several addresses, connecting again, giving up. */
import dns from 'node:dns';
import type { LookupFunction, TcpNetConnectOpts } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, until } from './bench.ts';
import { closed, HERE, type NetBench, record } from './net-bench.ts';

type Answer = dns.LookupAddress[];

/** Answers as `dns.lookup` does: one address, or all of them if asked. */
const answering =
  (...found: Answer): LookupFunction =>
  (_host, options, callback) => {
    const [first] = found;
    process.nextTick(() =>
      options.all ? callback(null, found) : callback(null, first?.address ?? '', first?.family),
    );
  };

const failing =
  (code: string): LookupFunction =>
  (host, _options, callback) => {
    const error = Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code, syscall: 'getaddrinfo' });
    process.nextTick(() => callback(error, ''));
  };

export function connecting(bench: NetBench): void {
  describe('events while connecting', () => {
    test('an address: no lookup', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      expect(log).toEqual([]);
      await until(socket, 'ready');
      expect(log).toEqual(['connectionAttempt', 'connect', 'ready']);
    });

    test('the wildcard: this machine', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, '0.0.0.0'));
      await until(socket, 'connect');
      expect(socket.remoteAddress).toBe(HERE);
    });

    test('a name: lookup with its answer', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, 'localhost'));
      const log = record(socket);
      expect(await until(socket, 'lookup')).toEqual([null, HERE, 4, 'localhost']);
      await until(socket, 'ready');
      expect(log).toEqual(['lookup', 'connectionAttempt', 'connect', 'ready']);
    });

    test('refused', async () => {
      const port = await bench.silentPort();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      const [error] = await until(socket, 'connectionAttemptFailed').then(given => given.slice(3));
      await closed(socket);
      expect(log).toEqual([
        'connectionAttempt',
        'connectionAttemptFailed',
        'error ECONNREFUSED',
        'close true',
      ]);
      expect({ ...(error as object) }).toEqual({
        errno: -111,
        code: 'ECONNREFUSED',
        syscall: 'connect',
        address: HERE,
        port,
      });
      expect((error as Error).message).toBe(`connect ECONNREFUSED ${HERE}:${port}`);
      expect(socket.destroyed).toBe(true);
      expect(socket.connecting).toBe(false);
    });

    test('port 0: refused', async () => {
      const socket = bench.keep(bench.net.connect(0, HERE));
      const log = record(socket);
      await closed(socket);
      expect(log.slice(2)).toEqual(['error ECONNREFUSED', 'close true']);
    });

    test('the name does not exist', async () => {
      const socket = bench.keep(
        bench.net.connect({ port: 1, host: 'nowhere.invalid', lookup: failing('ENOTFOUND') }),
      );
      const log = record(socket);
      await closed(socket);
      expect(log).toEqual(['lookup', 'error ENOTFOUND', 'close true']);
    });

    test('the name does not exist, one address asked for', async () => {
      const options = { port: 1, host: 'nowhere.invalid', family: 4, lookup: failing('ENOTFOUND') };
      const socket = bench.keep(bench.net.connect(options));
      const log = record(socket);
      await closed(socket);
      expect(log).toEqual(['lookup', 'error ENOTFOUND', 'close true']);
    });

    test.each([
      ['no address', { address: 'hello', family: 4 }, 'ERR_INVALID_IP_ADDRESS'],
      ['no family', { address: HERE, family: 100 }, 'ERR_INVALID_ADDRESS_FAMILY'],
    ])('the lookup gives %s', async (_what, found, code) => {
      for (const autoSelectFamily of [true, false]) {
        const options = { port: 1, host: 'x', autoSelectFamily, lookup: answering(found) };
        const socket = bench.keep(bench.net.connect(options));
        const log = record(socket);
        await closed(socket);
        expect(log).toEqual(['lookup', `error ${code}`, 'close true']);
      }
    });

    test('what the lookup is asked', async () => {
      const { port } = await bench.farServer();
      const asked: unknown[] = [];
      const lookup: LookupFunction = (host, options, callback) => {
        asked.push([host, { ...options }]);
        answering({ address: HERE, family: 4 })(host, options, callback);
      };
      const forms = [{}, { autoSelectFamily: false }, { family: 4 }, { hints: dns.ALL }];
      for (const form of forms)
        await until(bench.keep(bench.net.connect({ port, host: 'x', lookup, ...form })), 'connect');
      expect(asked).toEqual([
        ['x', { family: undefined, hints: dns.ADDRCONFIG, all: true }],
        ['x', { family: undefined, hints: dns.ADDRCONFIG }],
        ['x', { family: 4, hints: 0 }],
        ['x', { family: undefined, hints: dns.ALL, all: true }],
      ]);
    });

    test('a lookup is not called for an address', async () => {
      const { port } = await bench.farServer();
      const lookup = (): void => {
        throw new Error('called');
      };
      await until(bench.keep(bench.net.connect({ port, host: HERE, lookup })), 'connect');
    });
  });

  describe('several addresses', () => {
    const NOBODY = { address: '127.0.0.9', family: 4 };

    test('the next one when the first has failed', async () => {
      const { port } = await bench.farServer();
      const lookup = answering({ address: '::1', family: 6 }, { address: HERE, family: 4 });
      const socket = bench.keep(bench.net.connect({ port, host: 'x', lookup, autoSelectFamily: true }));
      const log = record(socket);
      await until(socket, 'ready');
      expect(log).toEqual([
        'lookup',
        'lookup',
        'connectionAttempt',
        'connectionAttemptFailed',
        'connectionAttempt',
        'connect',
        'ready',
      ]);
      expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([`::1:${port}`, `${HERE}:${port}`]);
      expect(socket.remoteAddress).toBe(HERE);
    });

    test('families take turns, each address once', async () => {
      const port = await bench.silentPort();
      const lookup = answering(
        { address: HERE, family: 4 },
        NOBODY,
        { address: HERE, family: 4 },
        { address: '::1', family: 6 },
      );
      const socket = bench.keep(bench.net.connect({ port, host: 'x', lookup, autoSelectFamily: true }));
      const [error] = (await until(socket, 'error')) as [AggregateError & { code: string }];
      expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([
        `${HERE}:${port}`,
        `::1:${port}`,
        `127.0.0.9:${port}`,
      ]);
      expect(error).toBeInstanceOf(AggregateError);
      expect(error).toMatchObject({ code: 'ECONNREFUSED', message: '', name: 'AggregateError' });
      expect(error.errors.map((each: { message: string }) => each.message)).toEqual([
        `connect ECONNREFUSED ${HERE}:${port}`,
        expect.stringMatching(`^connect (ECONNREFUSED|EADDRNOTAVAIL) ::1:${port}`),
        `connect ECONNREFUSED 127.0.0.9:${port}`,
      ]);
    });

    test('all fail: one error, then close', async () => {
      const port = await bench.silentPort();
      const lookup = answering({ address: HERE, family: 4 }, NOBODY);
      const socket = bench.keep(bench.net.connect({ port, host: 'x', lookup, autoSelectFamily: true }));
      const log = record(socket);
      await closed(socket);
      expect(log.slice(-3)).toEqual(['connectionAttemptFailed', 'error ECONNREFUSED', 'close true']);
    });

    test('one address only: no list of attempts', async () => {
      const { port } = await bench.farServer();
      const lookup = answering({ address: HERE, family: 4 });
      const socket = bench.keep(bench.net.connect({ port, host: 'x', lookup, autoSelectFamily: true }));
      await until(socket, 'connect');
      expect(socket.autoSelectFamilyAttemptedAddresses).toBeUndefined();
    });

    test('destroyed in the middle: no further attempt', async () => {
      const port = await bench.silentPort();
      const lookup = answering({ address: HERE, family: 4 }, NOBODY);
      const socket = bench.keep(bench.net.connect({ port, host: 'x', lookup, autoSelectFamily: true }));
      const log = record(socket);
      socket.on('connectionAttemptFailed', () => socket.destroy());
      await closed(socket);
      expect(log).toEqual([
        'lookup',
        'lookup',
        'connectionAttempt',
        'connectionAttemptFailed',
        'close false',
      ]);
    });
  });

  describe('the local end', () => {
    test('a local address that is our own', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect({ port, host: HERE, localAddress: HERE }));
      await until(socket, 'connect');
      expect(socket.localAddress).toBe(bench.target.localAddress);
    });

    test('a local address of somebody else: bind fails', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect({ port, host: HERE, localAddress: '192.0.2.1' }));
      const [error] = await until(socket, 'error');
      expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind', address: '192.0.2.1' });
    });

    bench.deviation('local-port')('a local port: EOPNOTSUPP', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect({ port, host: HERE, localPort: 61_234 }));
      const [error] = await called<[Error]>(callback => socket.once('error', callback));
      expect(error).toMatchObject({ code: 'EOPNOTSUPP' });
    });

    bench.unless('local-port')('a local port', async () => {
      const { port } = await bench.farServer();
      const localPort = await bench.silentPort();
      const socket = bench.keep(bench.net.connect({ port, host: HERE, localPort }));
      await until(socket, 'connect');
      expect(socket.localPort).toBe(localPort);
    });
  });

  describe('connecting again', () => {
    test('after destroy()', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      for (let round = 0; round < 3; round++) {
        await until(socket, 'connect');
        expect(socket.readyState).toBe('open');
        socket.destroy();
        await closed(socket);
        expect(socket.destroyed).toBe(true);
        socket.connect(port, HERE);
        expect(socket.destroyed).toBe(false);
      }
    });

    test('after a failure, in the listener of close', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(await bench.silentPort(), HERE));
      socket.on('error', () => {});
      await called<[]>(callback => {
        socket.once('close', () => socket.connect(port, HERE, callback));
      });
      await called(callback => socket.write('hello', callback));
    });

    test('after the peer has ended: written to again', async () => {
      const { port, sockets } = await bench.farServer(far => sockets.length === 1 && far.end('x'));
      const socket = bench.keep(bench.net.connect(port, HERE));
      socket.resume();
      await closed(socket);
      socket.connect(port, HERE);
      await until(socket, 'connect');
      await called(callback => socket.write('hello', callback));
    });
  });

  describe('given up while connecting', () => {
    test('destroy() at once: close without an error', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      expect(socket.destroy()).toBe(socket);
      expect(socket.connecting).toBe(false);
      expect(log).toEqual([]);
      await closed(socket);
      expect(log).toEqual(['close false']);
    });

    test('destroy(error)', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      socket.destroy(Object.assign(new Error('mine'), { code: 'MINE' }));
      await closed(socket);
      expect(log).toEqual(['error MINE', 'close true']);
    });

    test('destroy() in the listener of lookup', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, 'localhost'));
      const log = record(socket);
      socket.on('lookup', () => socket.destroy());
      await closed(socket);
      expect(log).toEqual(['lookup', 'close false']);
    });

    test('destroy() in the listener of connect: no ready', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      socket.on('connect', () => socket.destroy());
      await closed(socket);
      expect(log).toEqual(['connectionAttempt', 'connect', 'ready', 'close false']);
    });

    test('twice is once', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      socket.destroy();
      socket.destroy();
      await closed(socket);
      await new Promise(setImmediate);
      expect(log).toEqual(['close false']);
    });

    test('by an AbortSignal', async () => {
      const { port } = await bench.farServer();
      const controller = new AbortController();
      const options = { port, host: HERE, signal: controller.signal };
      const socket = bench.keep(bench.net.connect(options));
      const log = record(socket);
      controller.abort();
      await closed(socket);
      expect(log).toEqual(['error ABORT_ERR', 'close true']);
    });

    test('by an AbortSignal that was there before', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect({ port, host: HERE, signal: AbortSignal.abort() }));
      const log = record(socket);
      await closed(socket);
      // Node goes on to connect a socket that is closed already.
      expect(log.slice(0, 2)).toEqual(['error ABORT_ERR', 'close']);
    });

    test('what was written: ERR_SOCKET_CLOSED_BEFORE_CONNECTION', async () => {
      const socket = bench.keep(bench.net.connect(await bench.silentPort(), HERE));
      socket.on('error', () => {});
      const [error] = await called<[Error | null | undefined]>(callback => socket.write('x', callback));
      expect(error).toMatchObject({ code: 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION' });
    });
  });

  describe('an abort later', () => {
    test('destroys the connection', async () => {
      const controller = new AbortController();
      const { socket } = await bench.pair({ signal: controller.signal } as Partial<TcpNetConnectOpts>);
      const log = record(socket);
      controller.abort();
      await closed(socket);
      expect(log).toEqual(['error ABORT_ERR', 'close true']);
    });
  });
}
