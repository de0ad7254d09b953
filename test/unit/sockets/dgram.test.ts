/** Our dgram where it is more than Node's: what it asks of the driver, and what it does when the modem refuses. */

import type { Socket, SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ModemDriver } from '../../../src/driver/driver.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { createDgram } from '../../../src/sockets/dgram.ts';
import type { Lookup } from '../../../src/sockets/dgram-state.ts';
import { createDns } from '../../../src/sockets/dns.ts';
import { called, record, thrown, turns, until } from '../../conformance/bench.ts';
import { LoopbackDriver } from '../../contract/loopback-driver.ts';
import { datagram, PEER, ScriptedDriver } from './scripted-driver.ts';

const HERE = '127.0.0.1';
const NETDOWN = new SocketFailure('ENETDOWN', 'not registered');

function over(driver: ModemDriver | (() => Promise<ModemDriver>), type: 'udp4' | 'udp6' = 'udp4'): Socket {
  const source = typeof driver === 'function' ? driver : async () => driver;
  return createDgram({ driver: source, lookup: createDns(source).lookup }).createSocket(type);
}

async function bound(driver: ModemDriver): Promise<Socket> {
  const socket = over(driver);
  await called(callback => socket.bind(0, callback));
  return socket;
}

describe('opening', () => {
  test('the first send tells whom it is for', async () => {
    const driver = new LoopbackDriver();
    const socket = over(driver);
    socket.send('one', 7, 'localhost');
    await called(callback => socket.send('two', 8, HERE, callback));
    const remote = { address: HERE, port: driver.openings[0]?.remote?.port, family: 4 };
    expect(driver.openings).toEqual([{ family: 4, port: 0, remote }]);
    await socket[Symbol.asyncDispose]();
  });

  test('so does connect()', async () => {
    const driver = new LoopbackDriver();
    const socket = over(driver, 'udp6');
    await called(callback => socket.connect(9, '0::1', callback as () => void));
    expect(driver.openings).toEqual([{ family: 6, port: 0, remote: { address: '::1', port: 9, family: 6 } }]);
    await socket[Symbol.asyncDispose]();
  });

  test('bind() does not, whatever is sent meanwhile', async () => {
    const driver = new LoopbackDriver();
    const socket = over(driver);
    socket.bind(0);
    await called(callback => socket.send('x', 9, HERE, callback));
    expect(driver.openings).toEqual([{ family: 4, port: 0 }]);
    await socket[Symbol.asyncDispose]();
  });

  test('a first send to nowhere binds all the same', async () => {
    const driver = new LoopbackDriver();
    const socket = over(driver);
    const log = record(socket);
    await called(callback => socket.send('x', 9, 'nowhere.invalid', callback));
    await turns();
    expect(log).toEqual(['listening']);
    expect(driver.openings).toEqual([{ family: 4, port: 0 }]);
    await socket[Symbol.asyncDispose]();
  });

  test.each([
    ['udp4', '192.0.2.7'],
    ['udp6', '2001:DB8::7'],
  ] as const)('the modem’s own address on %s', async (type, address) => {
    const socket = over(new ScriptedDriver(), type);
    socket.bind(5_000, address);
    await until(socket, 'listening');
    expect(socket.address()).toMatchObject({ address: address.toLowerCase(), port: 5_000 });
    await socket[Symbol.asyncDispose]();
  });

  test('a thousand sockets leave nothing open', async () => {
    const driver = new LoopbackDriver({ limits: { connections: 1 } });
    for (let round = 0; round < 1_000; round++) {
      const socket = await bound(driver);
      await called(callback => socket.close(callback));
      expect(driver.connectionsOpen).toBe(0);
    }
  });
});

describe('a modem that refuses to open', () => {
  const refusing = (): LoopbackDriver => {
    const driver = new LoopbackDriver();
    driver.refuse(NETDOWN);
    return driver;
  };

  test('bind(): error event with the failure as its cause; later it may work', async () => {
    const driver = refusing();
    const socket = over(driver);
    socket.bind(5_000);
    const [error] = await until(socket, 'error');
    expect(error).toMatchObject({
      message: 'bind ENETDOWN 0.0.0.0:5000',
      code: 'ENETDOWN',
      syscall: 'bind',
      address: '0.0.0.0',
      port: 5_000,
      cause: NETDOWN,
    });
    driver.refuse(undefined);
    await called(callback => socket.bind(0, callback));
    await socket[Symbol.asyncDispose]();
  });

  test('send(): every callback is told, there is no error event; later it may work (deviation implicit-bind-failure)', async () => {
    const driver = refusing();
    const socket = over(driver);
    const log = record(socket);
    const failed = (text: string) => called<[Error | null]>(done => socket.send(text, 9, HERE, done));
    for (const [error] of await Promise.all([failed('one'), failed('two')]))
      expect(error).toMatchObject({ message: `send ENETDOWN ${HERE}:9`, code: 'ENETDOWN', cause: NETDOWN });
    await turns();
    expect(log).toEqual([]);
    driver.refuse(undefined);
    expect((await failed('three'))[0]).toBe(null);
    await socket[Symbol.asyncDispose]();
  });

  test('a lookup that fails at once, after a failure that a callback was told: error event', async () => {
    const driver = refusing();
    const failure = new Error('no');
    let fails = false;
    const lookup: Lookup = (name, family, callback) =>
      fails ? callback(failure, '', 4) : callback(null, name, family);
    const socket = createDgram({
      driver: async () => driver,
      lookup,
    }).createSocket('udp4');
    await called(callback => socket.send('x', 9, HERE, callback));
    fails = true;
    const error = until(socket, 'error');
    socket.send('x', 9, HERE);
    expect(await error).toEqual([failure]);
  });

  test('send() without callback: error event', async () => {
    const socket = over(refusing());
    socket.send('x', 9, HERE);
    expect(await until(socket, 'error')).toMatchObject([{ code: 'ENETDOWN', syscall: 'bind' }]);
  });

  test('connect(): its callback is told, and may try again', async () => {
    const driver = refusing();
    const socket = over(driver);
    const log = record(socket);
    const [error] = await called<[Error]>(done => socket.connect(9, HERE, done as () => void));
    expect(error).toMatchObject({ message: `connect ENETDOWN ${HERE}:9`, code: 'ENETDOWN', cause: NETDOWN });
    driver.refuse(undefined);
    await called(callback => socket.connect(9, HERE, callback as () => void));
    expect(log).toEqual(['listening', 'connect']);
    await socket[Symbol.asyncDispose]();
  });

  test('connect() without callback: error event, once', async () => {
    const socket = over(refusing());
    const log = record(socket);
    socket.connect(9, HERE);
    await until(socket, 'error');
    await turns();
    expect(log).toEqual(['error']);
  });

  test('no modem at all: ENETDOWN, with the reason as its cause', async () => {
    const reason = new Error('cannot open serial:/dev/ttyUSB9: no such port');
    const socket = over(() => Promise.reject(reason));
    const [error] = await called<[Error | null]>(done => socket.send('x', 9, HERE, done));
    expect(error).toMatchObject({ code: 'ENETDOWN', cause: reason });
  });

  test('close() meanwhile still closes', async () => {
    const socket = over(refusing());
    const log = record(socket);
    socket.send('x', 9, HERE);
    socket.close();
    await until(socket, 'close');
    expect(log).toEqual(['close']);
  });
});

describe('sending', () => {
  test('a datagram that the modem cannot take never reaches the driver (deviation datagram-size)', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    const send = (data: Buffer) => called<[Error | null]>(done => socket.send(data, 9, HERE, done));
    expect(await send(Buffer.alloc(1_501))).toMatchObject([
      { code: 'EMSGSIZE', message: `send EMSGSIZE ${HERE}:9`, cause: expect.any(SocketFailure) },
    ]);
    expect(await send(Buffer.alloc(0))).toMatchObject([
      { code: 'EOPNOTSUPP', errno: expect.any(Number), cause: { message: expect.stringContaining('empty') } },
    ]);
    expect(driver.sent).toEqual([]);
    await socket[Symbol.asyncDispose]();
  });

  test('one after the other, in call order; waiting ones are counted', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    await called(callback => socket.connect(9, HERE, callback as () => void));
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`);
    const last = called(done => {
      for (const text of texts) socket.send(text, text === '49' ? done : () => {});
    });
    expect([socket.getSendQueueCount(), socket.getSendQueueSize()]).toEqual([50, 90]);
    await last;
    expect(driver.sent).toEqual(texts);
    expect(driver.mostSends).toBe(1);
    await socket[Symbol.asyncDispose]();
  });

  test('close() waits for what was taken, then for the modem (deviation close-waits)', async () => {
    const driver = new LoopbackDriver({ turns: 3 });
    const socket = await bound(driver);
    await called(callback => socket.connect(9, HERE, callback as () => void));
    const log = record(socket);
    for (const text of ['one', 'two']) socket.send(text, () => log.push(text));
    socket.close();
    await until(socket, 'close');
    expect(log).toEqual(['one', 'two', 'close']);
    expect(driver.connectionsOpen).toBe(0);
  });
});

describe('receiving', () => {
  test('until there is no more, one look at a time', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    const heard: string[] = [];
    await called(done => {
      socket.on('message', data => heard.push(`${data}`) === 4 && done());
      driver.arrive('one', 'two');
      driver.arrive('three');
      driver.arrive('four');
    });
    await turns();
    expect(heard).toEqual(['one', 'two', 'three', 'four']);
    expect(driver.mostReceives).toBe(1);
    expect(driver.receiveCalls).toBe(5);
    await socket[Symbol.asyncDispose]();
  });

  test('what is announced while the last look says "empty" is not forgotten', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    driver.arrive();
    await called(done => {
      socket.on('message', done);
      driver.arrive('late');
    });
    await socket[Symbol.asyncDispose]();
  });

  test('a connected socket hears only its peer', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    await called(callback => socket.connect(PEER.port, PEER.address, callback as () => void));
    const heard: string[] = [];
    await called(done => {
      socket.on('message', data => heard.push(`${data}`) === 1 && done());
      driver.inbox.push(datagram('another port', { ...PEER, port: 8 }));
      driver.inbox.push(datagram('another address', { ...PEER, address: '192.0.2.2' }));
      driver.arrive('the peer');
    });
    expect(heard).toEqual(['the peer']);
    await socket[Symbol.asyncDispose]();
  });

  test('a read that fails: error event, and the next datagram comes', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    const log = record(socket);
    const failure = new SocketFailure('EIO', 'unreadable');
    const error = until(socket, 'error');
    await called(done => {
      socket.on('message', done);
      driver.arrive(failure, 'next');
    });
    expect(await error).toMatchObject([
      { message: 'recvmsg EIO', code: 'EIO', syscall: 'recvmsg', cause: failure },
    ]);
    expect(log).toEqual(['error', 'message']);
    await socket[Symbol.asyncDispose]();
  });

  test('reads that go on failing are not repeated for ever', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    const log = record(socket);
    driver.arrive(...Array.from({ length: 9 }, () => new SocketFailure('EIO', 'unreadable')));
    await turns();
    expect(log).toEqual(['error', 'error']);
    await socket[Symbol.asyncDispose]();
  });
});

describe('block lists, of newer Nodes', () => {
  const blocking = (
    option: 'sendBlockList' | 'receiveBlockList',
  ): { driver: ScriptedDriver; socket: Socket } => {
    const list = new BlockList();
    list.addAddress(PEER.address);
    const driver = new ScriptedDriver();
    const dgram = createDgram({ driver: async () => driver, lookup: createDns(async () => driver).lookup });
    return { driver, socket: dgram.createSocket({ type: 'udp4', [option]: list } as SocketOptions) };
  };

  test('to whom nothing is sent, and who is not connected to', async () => {
    const { driver, socket } = blocking('sendBlockList');
    const blocked = { code: 'ERR_IP_BLOCKED', message: `IP(${PEER.address}) is blocked by net.BlockList` };
    const [error] = await called<[Error | null]>(done => socket.send('x', 7, PEER.address, done));
    expect(error).toMatchObject(blocked);
    const [refusal] = await called<[Error]>(done => socket.connect(7, PEER.address, done as () => void));
    expect(refusal).toMatchObject(blocked);
    expect((await called<[Error | null]>(done => socket.send('y', 7, HERE, done)))[0]).toBe(null);
    expect(driver.sent).toEqual(['y']);
    await socket[Symbol.asyncDispose]();
  });

  test('who is not heard', async () => {
    const { driver, socket } = blocking('receiveBlockList');
    const heard: string[] = [];
    socket.on('message', data => heard.push(String(data)));
    await called(callback => socket.bind(0, callback));
    driver.inbox.push(datagram('blocked'), datagram('heard', { ...PEER, address: '192.0.2.2' }));
    driver.arrive();
    await turns();
    expect(heard).toEqual(['heard']);
    await socket[Symbol.asyncDispose]();
  });

  test('must be ones', () => {
    const { createSocket } = createDgram({ driver: async () => new ScriptedDriver(), lookup: () => {} });
    expect(thrown(() => createSocket({ type: 'udp4', sendBlockList: {} } as SocketOptions))).toEqual({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message:
        'The "options.sendBlockList" property must be an net.BlockList. Received an instance of Object',
    });
  });
});

describe('the modem is closed', () => {
  test('in order: the socket closes, without an error', async () => {
    const driver = new ScriptedDriver();
    const socket = await bound(driver);
    const log = record(socket);
    driver.lose();
    await once(socket, 'close');
    expect(log).toEqual(['close']);
    expect(() => socket.send('x', 9, HERE)).toThrow(
      expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }),
    );
  });
});

describe('what a modem has no command for', () => {
  test.each([
    ['setBroadcast', (socket: Socket) => socket.setBroadcast(true)],
    ['setTTL', (socket: Socket) => socket.setTTL(64)],
    ['setMulticastTTL', (socket: Socket) => socket.setMulticastTTL(1)],
    ['setMulticastLoopback', (socket: Socket) => socket.setMulticastLoopback(false)],
    ['setMulticastInterface', (socket: Socket) => socket.setMulticastInterface('0.0.0.0')],
    ['addMembership', (socket: Socket) => socket.addMembership('224.0.0.114')],
    ['dropMembership', (socket: Socket) => socket.dropMembership('224.0.0.114')],
    [
      'addSourceSpecificMembership',
      (socket: Socket) => socket.addSourceSpecificMembership(HERE, '232.0.0.1'),
    ],
    [
      'dropSourceSpecificMembership',
      (socket: Socket) => socket.dropSourceSpecificMembership(HERE, '232.0.0.1'),
    ],
  ])('%s: ENOTSUP', async (method, call) => {
    const socket = await bound(new ScriptedDriver());
    expect(thrown(() => call(socket))).toEqual({
      name: 'Error',
      code: 'ENOTSUP',
      message: `${method} ENOTSUP`,
    });
    await socket[Symbol.asyncDispose]();
  });
});
