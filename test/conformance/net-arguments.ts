import nodeNet, { type Socket, type TcpNetConnectOpts } from 'node:net';
import { describe, expect, test } from 'vitest';
import { called, thrown, until } from './bench.ts';
import { HERE, type NetBench } from './net-bench.ts';

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

export function calling(bench: NetBench): void {
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
}
