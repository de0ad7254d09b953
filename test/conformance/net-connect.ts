/** Conformance: `connect()` in all its forms, what it says and what it refuses. */
import dns from 'node:dns';
import nodeNet, { type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, thrown, until } from './bench.ts';
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

const REFUSED: readonly [what: string, options: object, code: string, name: string, message?: string][] = [
  [
    'a port of 70000',
    { port: 70_000 },
    'ERR_SOCKET_BAD_PORT',
    'RangeError',
    'Port should be >= 0 and < 65536. Received type number (70000).',
  ],
  ['a negative port', { port: -1 }, 'ERR_SOCKET_BAD_PORT', 'RangeError'],
  ['half a port', { port: 1.5 }, 'ERR_SOCKET_BAD_PORT', 'RangeError'],
  ['a port that is text', { port: 'abc' }, 'ERR_SOCKET_BAD_PORT', 'RangeError'],
  ['an empty port', { port: ' ' }, 'ERR_SOCKET_BAD_PORT', 'RangeError'],
  [
    'a port of null',
    { port: null },
    'ERR_INVALID_ARG_TYPE',
    'TypeError',
    'The "options.port" property must be one of type number or string. Received null',
  ],
  ['a port that is an object', { port: {} }, 'ERR_INVALID_ARG_TYPE', 'TypeError'],
  [
    'no port and no path',
    {},
    'ERR_MISSING_ARGS',
    'TypeError',
    'The "options" or "port" or "path" argument must be specified',
  ],
  [
    'a local address that is none',
    { port: 1, localAddress: 'abc' },
    'ERR_INVALID_IP_ADDRESS',
    'TypeError',
    'Invalid IP address: abc',
  ],
  [
    'a local port that is text',
    { port: 1, localPort: '80' },
    'ERR_INVALID_ARG_TYPE',
    'TypeError',
    'The "options.localPort" property must be of type number. Received type string (\'80\')',
  ],
  [
    'a lookup that is no function',
    { port: 1, host: 'localhost', lookup: 1 },
    'ERR_INVALID_ARG_TYPE',
    'TypeError',
  ],
  [
    'autoSelectFamily that is no boolean',
    { port: 1, autoSelectFamily: 'yes' },
    'ERR_INVALID_ARG_TYPE',
    'TypeError',
  ],
  [
    'an attempt timeout that is text',
    { port: 1, autoSelectFamilyAttemptTimeout: '1' },
    'ERR_INVALID_ARG_TYPE',
    'TypeError',
  ],
  [
    'an attempt timeout of 0',
    { port: 1, autoSelectFamilyAttemptTimeout: 0 },
    'ERR_OUT_OF_RANGE',
    'RangeError',
  ],
  ['object mode', { port: 1, objectMode: true }, 'ERR_INVALID_ARG_VALUE', 'TypeError'],
  [
    'a delay of keepAlive that is text',
    { port: 1, keepAliveInitialDelay: '1' },
    'ERR_INVALID_ARG_TYPE',
    'TypeError',
  ],
  ['a timeout that is text', { port: 1, timeout: 'soon' }, 'ERR_INVALID_ARG_TYPE', 'TypeError'],
];

const FORMS: readonly [form: string, (net: typeof nodeNet, port: number, done: () => void) => Socket][] = [
  ['connect(port, host, callback)', (net, port, done) => net.connect(port, HERE, done)],
  ['connect(port, callback): localhost', (net, port, done) => net.connect(port, done as never)],
  ['connect(port as text, host, callback)', (net, port, done) => net.connect(`${port}` as never, HERE, done)],
  [
    'connect(port in hexadecimal, host)',
    (net, port, done) => net.connect(`0x${port.toString(16)}` as never, HERE, done),
  ],
  ['connect({ port }, callback)', (net, port, done) => net.connect({ port }, done)],
  ['connect({ port, host }, callback)', (net, port, done) => net.connect({ port, host: HERE }, done)],
  ['connect({ port, family: 4 })', (net, port, done) => net.connect({ port, family: 4 }, done)],
  [
    "connect({ port, family: 'IPv4' })",
    (net, port, done) => net.connect({ port, family: 'IPv4' as never } as TcpNetConnectOpts, done),
  ],
  [
    'connect({ port, autoSelectFamily: false })',
    (net, port, done) => net.connect({ port, autoSelectFamily: false }, done),
  ],
  ['createConnection(port, host, callback)', (net, port, done) => net.createConnection(port, HERE, done)],
  [
    'createConnection({ port, host }, callback)',
    (net, port, done) => net.createConnection({ port, host: HERE }, done),
  ],
  [
    'new Socket().connect(port, host, callback)',
    (net, port, done) => new net.Socket().connect(port, HERE, done),
  ],
  [
    'new Socket().connect({ port, host }, callback)',
    (net, port, done) => new net.Socket().connect({ port, host: HERE }, done),
  ],
  [
    'Socket() without new',
    (net, port, done) =>
      (Reflect.apply(net.Socket as never, undefined, []) as Socket).connect(port, HERE, done),
  ],
  [
    'new Stream()',
    (net, port, done) =>
      new (net as never as { Stream: typeof nodeNet.Socket }).Stream().connect(port, HERE, done),
  ],
];

export function connecting(bench: NetBench): void {
  describe('forms of connect', () => {
    test.each(FORMS)('%s', async (_form, start) => {
      const { port } = await bench.farServer();
      let socket: Socket | undefined;
      await called<[]>(callback => {
        socket = bench.keep(start(bench.net, port, callback));
        expect(socket.connecting).toBe(true);
        expect(socket).toBeInstanceOf(bench.net.Socket);
        expect(socket).toBeInstanceOf(nodeNet.Socket);
      });
      expect(socket?.remotePort).toBe(port);
    });

    test('a UNIX socket is one of Node', async () => {
      const path = `\0atsock-${process.pid}-${Math.trunc(performance.now() * 1e6)}`;
      const server = bench.server({}, socket => socket.end('hello'));
      await called<[]>(callback => server.listen(path, callback));
      expect(server.address()).toBe(path);
      const socket = bench.keep(bench.net.connect(path));
      expect(String((await until(socket, 'data'))[0])).toBe('hello');
    });

    test('the callback is a listener of connect', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE, () => {}));
      expect(socket.listenerCount('connect')).toBe(1);
      await until(socket, 'connect');
      expect(socket.listenerCount('connect')).toBe(0);
    });
  });

  describe('refused arguments', () => {
    test.each(REFUSED)('%s', (_what, options, code, name, message) => {
      const error = thrown(() => bench.net.connect(options as TcpNetConnectOpts));
      expect(error).toMatchObject({ code, name, ...(message && { message }) });
    });

    test('connect() without arguments', () => {
      const error = thrown(() => new bench.net.Socket().connect(undefined as never));
      expect(error.code).toBe('ERR_MISSING_ARGS');
    });

    test('a signal that is none', () => {
      const error = thrown(() => new bench.net.Socket({ signal: 'x' as never }));
      expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
    });
  });

  describe('events while connecting', () => {
    test('an address: no lookup', async () => {
      const { port } = await bench.farServer();
      const socket = bench.keep(bench.net.connect(port, HERE));
      const log = record(socket);
      expect(log).toEqual([]);
      await until(socket, 'ready');
      expect(log).toEqual(['connectionAttempt', 'connect', 'ready']);
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

  describe('defaults of autoSelectFamily', () => {
    test('can be read and set', () => {
      const { net } = bench;
      const before = net.getDefaultAutoSelectFamily();
      const timeout = net.getDefaultAutoSelectFamilyAttemptTimeout();
      expect([typeof before, typeof timeout]).toEqual(['boolean', 'number']);
      net.setDefaultAutoSelectFamily(!before);
      net.setDefaultAutoSelectFamilyAttemptTimeout(1_000);
      expect(net.getDefaultAutoSelectFamily()).toBe(!before);
      expect(net.getDefaultAutoSelectFamilyAttemptTimeout()).toBe(1_000);
      net.setDefaultAutoSelectFamilyAttemptTimeout(1);
      expect(net.getDefaultAutoSelectFamilyAttemptTimeout()).toBe(10);
      net.setDefaultAutoSelectFamily(before);
      net.setDefaultAutoSelectFamilyAttemptTimeout(timeout);
    });

    test.each([['abc'], [null], [1]])('setDefaultAutoSelectFamily(%j) throws', value => {
      expect(thrown(() => bench.net.setDefaultAutoSelectFamily(value as never)).code).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    });

    test.each([['abc'], [0], [1.5], [-1]])('setDefaultAutoSelectFamilyAttemptTimeout(%j) throws', value => {
      const { code } = thrown(() => bench.net.setDefaultAutoSelectFamilyAttemptTimeout(value as never));
      expect(code).toMatch(/^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/);
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
