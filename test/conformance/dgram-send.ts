/** Conformance: `send()` of a socket without a peer. */
import type { Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { type Bench, called, record, thrown, turns, until } from './bench.ts';

type Callback = (error: Error | null, bytes: number) => void;
type Untyped = (...given: unknown[]) => void;

const HERE = '127.0.0.1';

const OVERLOADS: readonly [name: string, send: (socket: Socket, port: number, callback: Callback) => void][] =
  [
    ['(message, port)', (socket, port) => socket.send('hello', port)],
    ['(message, port, callback)', (socket, port, callback) => socket.send('hello', port, callback)],
    ['(message, port, address)', (socket, port) => socket.send('hello', port, HERE)],
    [
      '(message, port, address, callback)',
      (socket, port, callback) => socket.send('hello', port, HERE, callback),
    ],
    [
      '(message, port, undefined, callback)',
      (socket, port, callback) => socket.send('hello', port, undefined, callback),
    ],
    [
      '(message, port, null, callback)',
      (socket, port, callback) => socket.send('hello', port, null as never, callback),
    ],
    ['(message, port, "", callback)', (socket, port, callback) => socket.send('hello', port, '', callback)],
    ['(message, port, wildcard)', (socket, port) => socket.send('hello', port, '0.0.0.0')],
    ['(message, "port", address)', (socket, port) => socket.send('hello', String(port) as never, HERE)],
    [
      '(message, port, name, callback)',
      (socket, port, callback) => socket.send('hello', port, 'localhost', callback),
    ],
    ['(message, offset, length, port)', (socket, port) => socket.send('>>hello<<', 2, 5, port)],
    [
      '(message, offset, length, port, callback)',
      (socket, port, callback) => socket.send('>>hello<<', 2, 5, port, callback),
    ],
    [
      '(message, offset, length, port, address)',
      (socket, port) => socket.send('>>hello<<', 2, 5, port, HERE),
    ],
    [
      '(message, offset, length, port, address, callback)',
      (socket, port, callback) => socket.send('>>hello<<', 2, 5, port, HERE, callback),
    ],
    [
      'sendto',
      (socket, port, callback) =>
        (socket as unknown as { sendto: Untyped }).sendto('>>hello<<', 2, 5, port, HERE, callback),
    ],
  ];

const bytes = Buffer.from('..hello..').subarray(2, 7);
const wide = new Uint16Array(new Uint8Array([104, 101, 108, 108, 111, 33]).buffer);

const PAYLOADS: readonly [name: string, message: unknown, arrives: string][] = [
  ['a string', 'hello', 'hello'],
  ['a string beyond ASCII', 'grüße €', 'grüße €'],
  ['a Buffer that is part of another', bytes, 'hello'],
  ['a Uint8Array', new Uint8Array(bytes), 'hello'],
  ['a Uint16Array', wide, 'hello!'],
  ['a DataView', new DataView(wide.buffer, 1, 4), 'ello'],
  ['an array of strings', ['hel', 'lo'], 'hello'],
  ['an array of everything', ['he', Buffer.from('l'), new DataView(wide.buffer, 3, 2)], 'hello'],
];

const VIEW = 'must be of type string or an instance of Buffer, TypedArray, or DataView.';
const badBuffer = (what: string, name = 'buffer') => ({
  name: 'TypeError',
  code: 'ERR_INVALID_ARG_TYPE',
  message: `The "${name}" argument ${VIEW} Received ${what}`,
});
const badPort = (what: string) => ({
  name: 'RangeError',
  code: 'ERR_SOCKET_BAD_PORT',
  message: `Port should be > 0 and < 65536. Received ${what}.`,
});
const badAddress = (what: string) => ({
  name: 'TypeError',
  code: 'ERR_INVALID_ARG_TYPE',
  message: `The "address" argument must be of type string. Received ${what}`,
});
const outOfBounds = (name: string) => ({
  name: 'RangeError',
  code: 'ERR_BUFFER_OUT_OF_BOUNDS',
  message: `"${name}" is outside of buffer bounds`,
});

const REFUSED: readonly [name: string, given: unknown[], error: object][] = [
  ['nothing', [], badBuffer('undefined')],
  ['a number', [1, 1], badBuffer('type number (1)')],
  ['null', [null, 1], badBuffer('null')],
  ['an object', [{}, 1], badBuffer('an instance of Object')],
  ['an array with a number', [['x', 1], 1], badBuffer('an instance of Array', 'buffer list arguments')],
  ['an array and an offset', [['x'], 0, 1, 1], badBuffer('an instance of Array')],
  ['no port', ['x'], badPort('undefined')],
  ['port 0', ['x', 0], badPort('type number (0)')],
  ['port 65536', ['x', 65536], badPort('type number (65536)')],
  ['port -1', ['x', -1], badPort('type number (-1)')],
  ['port 1.5', ['x', 1.5], badPort('type number (1.5)')],
  ['port "x"', ['x', 'x'], badPort("type string ('x')")],
  ['port " "', ['x', ' '], badPort("type string (' ')")],
  ['port null', ['x', null], badPort('null')],
  ['port true', ['x', true], badPort('type boolean (true)')],
  ['port after offset and length', ['abc', 0, 1, 65536], badPort('type number (65536)')],
  ['address 5', ['x', 1, 5], badAddress('type number (5)')],
  ['address false', ['x', 1, false], badAddress('type boolean (false)')],
  ['address {}', ['x', 1, {}], badAddress('an instance of Object')],
  ['address 7 after offset and length', ['abc', 0, 3, 1, 7], badAddress('type number (7)')],
  ['offset beyond the end', ['abc', 4, 1, 1], outOfBounds('offset')],
  ['offset -1', ['abc', -1, 1, 1], outOfBounds('offset')],
  ['length beyond the end', ['abc', 1, 9, 1], outOfBounds('length')],
];

const REFUSED_BY_SENDTO: readonly [name: string, given: unknown[], error: object][] = [
  [
    'offset "x"',
    ['a', 'x', 1, 1, HERE],
    {
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'The "offset" argument must be of type number. Received type string (\'x\')',
    },
  ],
  [
    'length "x"',
    ['a', 0, 'x', 1, HERE],
    {
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'The "length" argument must be of type number. Received type string (\'x\')',
    },
  ],
  [
    'port "x"',
    ['a', 0, 1, 'x', HERE],
    {
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'The "port" argument must be of type number. Received type string (\'x\')',
    },
  ],
  ['no address', ['a', 0, 1, 1], badAddress('undefined')],
];

export function sending(bench: Bench): void {
  describe('send', () => {
    test.each(OVERLOADS)('%s', async (_name, send) => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const log: unknown[] = [];
      send(socket, peer.port, (...args) => log.push(args));
      expect(log).toEqual([]);
      expect(await peer.hearText()).toBe('hello');
    });

    test.each(PAYLOADS)('%s', async (_name, message, arrives) => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const [error, sent] = await called<[Error | null, number]>(callback =>
        (socket.send as Untyped)(message, peer.port, HERE, callback),
      );
      expect([error, sent]).toEqual([null, Buffer.byteLength(arrives)]);
      expect(await peer.hearText()).toBe(arrives);
    });

    test.each(REFUSED)('refuses %s', async (_name, given, error) => {
      const socket = bench.socket();
      expect(thrown(() => (socket.send as Untyped)(...given))).toEqual(error);
      const bound = await bench.bound();
      expect(thrown(() => (bound.send as Untyped)(...given))).toEqual(error);
    });

    test.each(REFUSED_BY_SENDTO)('sendto refuses %s', (_name, given, error) => {
      const socket = bench.socket() as unknown as { sendto: Untyped };
      expect(thrown(() => socket.sendto(...given))).toMatchObject(error);
    });

    test('a callback that is no function is ignored', async () => {
      const peer = await bench.peer();
      (bench.socket().send as Untyped)('hello', 0, 5, peer.port, HERE, 'no function');
      expect(await peer.hearText()).toBe('hello');
    });

    test('IPv6', async () => {
      const peer = await bench.peer(6);
      const socket = bench.socket('udp6');
      const [error, sent] = await called<[Error | null, number]>(done =>
        socket.send('hello', peer.port, '::1', done),
      );
      expect([error, sent]).toEqual([null, 5]);
      socket.send('without address', peer.port);
      expect([await peer.hearText(), await peer.hearText()]).toEqual(['hello', 'without address']);
    });

    test('binds by itself: listening first, then the callback; a port number that peers see', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const log = record(socket);
      await called(callback => {
        socket.send('hello', peer.port, HERE, (...args) => {
          log.push('sent');
          callback(...args);
        });
        log.push('returned');
      });
      expect(log).toEqual(['returned', 'listening', 'sent']);
      expect(socket.address().address).toBe('0.0.0.0');
      expect((await peer.hear()).from.port).toBe(socket.address().port);
    });

    test('several sends before it is bound: all go out, in order, from one port number', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      for (const text of ['1', '2', '3']) socket.send(text, peer.port, HERE);
      const heard = [await peer.hear(), await peer.hear(), await peer.hear()];
      expect(heard.map(({ data }) => data.toString())).toEqual(['1', '2', '3']);
      expect(new Set(heard.map(({ from }) => from.port)).size).toBe(1);
    });

    test('while it binds', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      socket.bind(0, HERE);
      socket.send('hello', peer.port, HERE);
      expect(thrown(() => socket.bind()).code).toBe('ERR_SOCKET_ALREADY_BOUND');
      expect(await peer.hearText()).toBe('hello');
    });

    test('100 datagrams to two peers arrive in order; each callback once, in order', async () => {
      const [one, two] = [await bench.peer(), await bench.peer()];
      const socket = await bench.bound();
      const sent: number[] = [];
      await called(done => {
        for (let index = 0; index < 100; index++) {
          socket.send(`${index}`, index % 2 ? two.port : one.port, HERE, error => {
            if (!error) sent.push(index);
            if (index === 99) done();
          });
        }
      });
      const indexes = Array.from({ length: 100 }, (_, index) => index);
      expect(sent).toEqual(indexes);
      for (const index of indexes) expect(await (index % 2 ? two : one).hearText()).toBe(`${index}`);
    });

    test('the buffer may be filled again in the next turn', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const buffer = Buffer.alloc(8);
      for (let index = 0; index < 20; index++) {
        buffer.fill(`${index} `);
        socket.send(buffer, peer.port, HERE);
        await turns(2);
      }
      for (let index = 0; index < 20; index++)
        expect(await peer.hearText()).toBe(`${Buffer.alloc(8, `${index} `)}`);
    });

    test('lookup is asked for the address to bind to, then once for each datagram', async () => {
      const peer = await bench.peer();
      const asked: unknown[] = [];
      const socket = bench.socket({
        type: 'udp4',
        lookup: (name, family, callback) => {
          asked.push(`${name} ${family}`);
          lookup(name === 'somewhere' ? HERE : name, family, callback as never);
        },
      });
      await called(callback => socket.send('1', peer.port, 'somewhere', callback));
      await called(callback => socket.send('2', peer.port, callback));
      expect(asked).toEqual(['0.0.0.0 4', 'somewhere 4', '127.0.0.1 4']);
    });

    test('a name that does not exist: told to the callback, and only there', async () => {
      const socket = bench.socket();
      const log = record(socket);
      const [error] = await called<[Error | null]>(done => socket.send('x', 9, 'nowhere.invalid', done));
      expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'nowhere.invalid' });
      await turns();
      expect(log).not.toContain('error');
    });

    test('a name that does not exist, without callback: error event', async () => {
      const socket = bench.socket();
      socket.send('x', 9, 'nowhere.invalid');
      const [error] = await until(socket, 'error');
      expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    });

    test.each([
      ['udp4', '::1'],
      ['udp6', '127.0.0.1'],
    ] as const)('%s to %s: EINVAL', async (type, address) => {
      const socket = bench.socket(type);
      const [error] = await called<[Error | null]>(done => socket.send('x', 9, address, done));
      expect(error).toMatchObject({
        name: 'Error',
        code: 'EINVAL',
        syscall: 'send',
        address,
        port: 9,
        message: `send EINVAL ${address}:9`,
      });
      expect(Object.keys(error as Error)).toEqual(['errno', 'code', 'syscall', 'address', 'port']);
    });

    test('the largest datagram', async () => {
      const peer = await bench.peer();
      const data = Buffer.alloc(bench.target.limits.datagramBytes, 'x');
      const [error, sent] = await called<[Error | null, number]>(done =>
        bench.socket().send(data, peer.port, HERE, done),
      );
      expect([error, sent]).toEqual([null, data.length]);
      expect((await peer.hear()).data.equals(data)).toBe(true);
    });

    test('a larger one: EMSGSIZE to the callback, nothing is sent, the next one goes out', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const data = Buffer.alloc(bench.target.limits.datagramBytes + 1);
      const [error] = await called<[Error | null]>(done => socket.send(data, peer.port, HERE, done));
      expect(error).toMatchObject({
        code: 'EMSGSIZE',
        syscall: 'send',
        address: HERE,
        port: peer.port,
        message: `send EMSGSIZE ${HERE}:${peer.port}`,
      });
      socket.send('next', peer.port, HERE);
      expect(await peer.hearText()).toBe('next');
    });

    test('a larger one without callback: nobody is told', async () => {
      const peer = await bench.peer();
      const socket = await bench.bound();
      const log = record(socket);
      socket.send(Buffer.alloc(bench.target.limits.datagramBytes + 1), peer.port, HERE);
      await called(callback => socket.send('next', peer.port, HERE, callback));
      await turns();
      expect(log).toEqual([]);
    });

    bench.deviation('empty-datagram')('an empty one: EOPNOTSUPP, nothing is sent', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      const [error] = await called<[Error | null]>(done => socket.send('', peer.port, HERE, done));
      expect(error).toMatchObject({ code: 'EOPNOTSUPP', syscall: 'send' });
      socket.send('next', peer.port, HERE);
      expect(await peer.hearText()).toBe('next');
    });

    bench.unless('empty-datagram').each([
      ['an empty string', ['']],
      ['an empty Buffer', [Buffer.alloc(0)]],
      ['an empty array', [[]]],
      ['length 0', ['hello', 2, 0]],
      ['an offset at the very end', ['hello', 5, 0]],
    ])('%s is an empty datagram', async (_name, given) => {
      const peer = await bench.peer();
      const [error, sent] = await called<[Error | null, number]>(done =>
        (bench.socket().send as Untyped)(...given, peer.port, HERE, done),
      );
      expect([error, sent]).toEqual([null, 0]);
      expect((await peer.hear()).data.length).toBe(0);
    });

    test('what waits to be sent is counted, and gone when the callback comes', async () => {
      const peer = await bench.peer();
      const socket = bench.socket();
      expect([socket.getSendQueueSize(), socket.getSendQueueCount()]).toEqual([0, 0]);
      await called(callback => socket.send('hello', peer.port, HERE, callback));
      expect([socket.getSendQueueSize(), socket.getSendQueueCount()]).toEqual([0, 0]);
    });
  });
}
