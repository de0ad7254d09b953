/** What no network does on demand: `net` over a driver that is told what to do. */
import nodeNet, { type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test, vi } from 'vitest';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { HALF_CLOSE_MS, QUIET_MS } from '../../../src/sockets/tcp-handle.ts';
import { called, turns, until } from '../../conformance/bench.ts';
import { closed, Heard, record, recordFlowing } from '../../conformance/net-bench.ts';
import { create, PEER, type Setup } from './scripted-net.ts';

async function connected(
  options: Partial<nodeNet.TcpNetConnectOpts> = {},
): Promise<Setup & { readonly socket: Socket }> {
  const setup = create();
  const socket = setup.net.connect({ port: 7, host: PEER, ...options });
  await until(socket, 'ready');
  return { ...setup, socket };
}

test('receive(): one at a time, until nothing waits', async () => {
  const { driver, socket } = await connected();
  const heard = new Heard(socket);
  driver.arrive('one ');
  driver.arrive('two ');
  driver.arrive('three');
  await turns();
  expect([heard.text, driver.mostReceives]).toEqual(['one two three', 1]);
  const calls = driver.receiveCalls;
  await turns();
  expect(driver.receiveCalls).toBe(calls);
});

test('a ring while the last look is under way is not lost', async () => {
  const { driver, socket } = await connected();
  const heard = new Heard(socket);
  await turns();
  driver.arrive();
  driver.arrive('late');
  await turns();
  expect(heard.text).toBe('late');
});

test('a false ring is nothing', async () => {
  const { driver, socket } = await connected();
  const log = recordFlowing(socket);
  for (let ring = 0; ring < 100; ring++) driver.arrive();
  await turns();
  expect(log).toEqual([]);
  expect(driver.receiveCalls).toBeLessThan(10);
});

test('a paused socket holds its high water mark and one read, and asks for no more', async () => {
  const { driver, socket } = await connected();
  for (let part = 0; part < 100; part++) driver.inbox.push(Buffer.alloc(1_500));
  driver.arrive();
  await turns(200);
  expect(socket.readableLength).toBeGreaterThanOrEqual(socket.readableHighWaterMark);
  expect(socket.readableLength).toBeLessThan(socket.readableHighWaterMark + 1_500);
  const calls = driver.receiveCalls;
  await turns();
  expect(driver.receiveCalls).toBe(calls);
  const heard = new Heard(socket);
  driver.arrive(null);
  await closed(socket);
  expect(heard.data.length).toBe(150_000);
});

test('send(): one at a time, the rest after a partial one', async () => {
  const { driver, socket } = await connected();
  driver.takes = 7;
  for (const text of ['hello ', 'world', '!']) socket.write(text);
  await called(callback => socket.write('', callback));
  expect([driver.mostSends, Buffer.concat(driver.sent).toString()]).toEqual([1, 'hello world!']);
});

test('writes that wait go out in one piece', async () => {
  const { driver, socket } = await connected();
  socket.write('first');
  for (let index = 0; index < 10; index++) socket.write(`${index}`);
  await called(callback => socket.write('.', callback));
  expect(driver.sent.map(String)).toEqual(['first', '0123456789.']);
});

test('a modem that takes nothing: destroy() ends the write, its callback is called once', async () => {
  const { driver, socket } = await connected();
  let open = (): void => {};
  driver.room = new Promise(resolve => {
    open = resolve;
  });
  const log = record(socket);
  socket.write('x', () => log.push('written'));
  await turns();
  socket.destroy();
  await closed(socket);
  open();
  await turns();
  expect(log).toEqual(['written', 'close false']);
  expect(driver.closeCalls).toBe(1);
});

test('destroyed while the modem dials: the port is closed when it comes', async () => {
  const { driver, net } = create();
  let dialled = (): void => {};
  driver.dialled = new Promise(resolve => {
    dialled = resolve;
  });
  const socket = net.connect(7, PEER);
  const log = record(socket);
  await turns();
  socket.destroy();
  await closed(socket);
  expect([driver.signals[0]?.aborted, driver.closeCalls]).toEqual([true, 0]);
  dialled();
  await turns();
  expect([driver.closeCalls, log]).toEqual([1, ['connectionAttempt', 'close false']]);
});

test('destroyed before the modem is asked: it is not asked', async () => {
  const { driver, net } = create();
  const socket = net.connect(7, PEER);
  socket.destroy();
  await closed(socket);
  await turns();
  expect(driver.opened).toEqual([]);
});

test.each(['EMFILE', 'ETIMEDOUT', 'ENETDOWN', 'EHOSTUNREACH', 'ENETUNREACH'] as const)(
  'the modem says %s: so does the socket, with the cause',
  async code => {
    const { driver, net } = create();
    const cause = new SocketFailure(code, 'in the words of the modem');
    driver.dialled = Promise.reject(cause);
    const socket = net.connect(7, PEER);
    const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
    // Only EMFILE says more than in Node: who holds the few connections of a modem.
    const more = code === 'EMFILE' ? ' (in the words of the modem)' : '';
    expect(error.message).toBe(`connect ${code} ${PEER}:7${more}`);
    expect(error).toMatchObject({ code, syscall: 'connect', address: PEER, port: 7, cause });
  },
);

test('no modem: ENETDOWN', async () => {
  const { net } = create(undefined, async () => {
    throw new Error('cannot open');
  });
  const socket = net.connect(7, PEER);
  const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
  expect(error).toMatchObject({ code: 'ENETDOWN', syscall: 'connect', cause: { message: 'cannot open' } });
});

test('a modem without TCP: EOPNOTSUPP', async () => {
  const { driver, net } = create();
  Object.assign(driver, { openTcp: undefined, listenTcp: undefined });
  const socket = net.connect(7, PEER);
  const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
  expect(error).toMatchObject({ code: 'EOPNOTSUPP', syscall: 'connect' });
  const server = net.createServer().listen(80);
  const [refused] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
  expect(refused).toMatchObject({ code: 'EOPNOTSUPP', syscall: 'listen' });
});

test('the modem is lost: one error, close(true); nothing is asked of it any more', async () => {
  const { driver, socket } = await connected();
  const log = record(socket);
  driver.lose(new SocketFailure('ENETDOWN', 'the modem is gone'));
  await closed(socket);
  expect(log).toEqual(['error ENETDOWN', 'close true']);
  expect(driver.closeCalls).toBe(0);
});

test('the modem is closed in order: close(false)', async () => {
  const { driver, socket } = await connected();
  const log = record(socket);
  driver.lose();
  await closed(socket);
  expect(log).toEqual(['close false']);
});

test('bytes are lost: what came before is heard, then ECONNRESET', async () => {
  const { driver, socket } = await connected();
  const log = recordFlowing(socket);
  driver.arrive('before', new SocketFailure('ECONNRESET', 'the reply went wrong'));
  await closed(socket);
  expect(log).toEqual(['data', 'error ECONNRESET', 'close true']);
  expect(driver.closeCalls).toBe(1);
});

test('a write that fails and a read that fails: one error', async () => {
  const { driver, socket } = await connected();
  const log = record(socket);
  driver.room = Promise.reject(new SocketFailure('ECONNRESET', 'gone'));
  driver.room.catch(() => {});
  socket.write('x', () => log.push('callback'));
  driver.arrive(new SocketFailure('ECONNRESET', 'gone'));
  await closed(socket);
  expect(log.filter(entry => entry.startsWith('error'))).toEqual(['error ECONNRESET']);
  expect(log.filter(entry => entry.startsWith('callback')).length).toBe(1);
  expect(log.at(-1)).toBe('close true');
});

test.each([
  [false, QUIET_MS],
  [true, HALF_CLOSE_MS],
])('end() with allowHalfOpen %s: closed after %i ms of silence', async (allowHalfOpen, quietMs) => {
  const { driver, socket } = await connected({ allowHalfOpen });
  const log = recordFlowing(socket);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    socket.end('bye');
    await turns();
    vi.advanceTimersByTime(quietMs - 1);
    driver.arrive('an answer');
    await turns();
    // The answer has started the silence anew.
    vi.advanceTimersByTime(quietMs - 1);
    await turns();
    expect([driver.closeCalls, log]).toEqual([0, ['finish', 'data']]);
    vi.advanceTimersByTime(1);
    await closed(socket);
  } finally {
    vi.useRealTimers();
  }
  expect([driver.closeCalls, log]).toEqual([1, ['finish', 'data', 'end', 'close false']]);
});

test('end() of a socket that is not read: time, then ECONNRESET for what is lost', async () => {
  const { driver, socket } = await connected();
  const log = record(socket);
  for (let part = 0; part < 20; part++) driver.inbox.push(Buffer.alloc(1_500));
  driver.arrive();
  await turns(50);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    socket.end();
    await turns();
    vi.advanceTimersByTime(HALF_CLOSE_MS - 1);
    await turns();
    expect(driver.closeCalls).toBe(0);
    vi.advanceTimersByTime(1);
    await closed(socket);
  } finally {
    vi.useRealTimers();
  }
  expect([driver.closeCalls, log]).toEqual([1, ['finish', 'error ECONNRESET', 'close true']]);
});

test('the peer ends after end(): closed at once', async () => {
  const { driver, socket } = await connected({ allowHalfOpen: true });
  const log = recordFlowing(socket);
  socket.end();
  await until(socket, 'finish');
  driver.arrive('the rest', null);
  await closed(socket);
  expect([driver.closeCalls, log]).toEqual([1, ['finish', 'data', 'end', 'close false']]);
});

test('TLS says its last words to a peer that has gone: no error', async () => {
  const { driver, socket } = await connected();
  const secured = connectTls({ socket });
  const log: string[] = [];
  socket.on('error', error => log.push(error.message));
  secured.on('error', error => log.push(error.message));
  driver.room = Promise.reject(new SocketFailure('EPIPE', 'the peer has closed the connection'));
  driver.room.catch(() => {});
  await turns();
  driver.arrive(null);
  await called(callback => secured.once('close', callback));
  // Only what TLS makes of an end in its handshake.
  expect(log).toEqual(['Client network socket disconnected before secure TLS connection was established']);
});

test('a local port is refused', async () => {
  const { driver, net } = create();
  const socket = net.connect({ port: 7, host: PEER, localPort: 5_000 });
  const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
  expect(error).toMatchObject({
    code: 'EOPNOTSUPP',
    syscall: 'bind',
    address: '0.0.0.0',
    port: 5_000,
    cause: { message: 'the modem chooses the local port number of a connection' },
  });
  expect(driver.opened).toEqual([]);
});

test('an address of the modem is one to connect from', async () => {
  const { net } = create();
  await until(net.connect({ port: 7, host: PEER, localAddress: '192.0.2.7' }), 'connect');
});

test('connect() on a connected socket: EISCONN; while connecting: EALREADY', async () => {
  const { socket } = await connected();
  socket.connect(7, PEER);
  const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
  expect(error).toMatchObject({ code: 'EISCONN', syscall: 'connect', address: PEER, port: 7 });
  const other = create().net.connect(7, PEER);
  other.connect(7, PEER);
  const [early] = await called<[NodeJS.ErrnoException]>(callback => other.once('error', callback));
  expect(early.code).toBe('EALREADY');
});

test('a block list: not even tried', async () => {
  const { driver, net } = create();
  const blockList = new nodeNet.BlockList();
  blockList.addAddress(PEER);
  const socket = net.connect({ port: 7, host: PEER, blockList } as nodeNet.TcpNetConnectOpts);
  const [error] = await called<[NodeJS.ErrnoException]>(callback => socket.once('error', callback));
  expect([error.code, driver.opened]).toEqual(['ERR_IP_BLOCKED', []]);
});

test('several addresses: 5 s each unless the program says otherwise (deviation attempt-timeout)', async () => {
  const { driver, net } = create();
  driver.dialled = new Promise(() => {});
  const lookup: nodeNet.LookupFunction = (_host, _options, callback) =>
    callback(null, [
      { address: PEER, family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
  const start = async (timeoutMs: number): Promise<void> => {
    driver.opened.length = 0;
    const socket = net.connect({ port: 7, host: 'x', lookup, autoSelectFamily: true });
    const timedOut = vi.fn();
    socket.on('connectionAttemptTimeout', timedOut);
    await turns();
    vi.advanceTimersByTime(timeoutMs - 1);
    await turns();
    expect(driver.opened.length).toBe(1);
    vi.advanceTimersByTime(1);
    await turns();
    expect(driver.opened.map(({ address }) => address)).toEqual([PEER, '2001:db8::1']);
    expect(timedOut).toHaveBeenCalledExactlyOnceWith(PEER, 7, 4);
    expect(driver.signals.at(-2)?.aborted).toBe(true);
    socket.destroy();
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await start(5_000);
    net.setDefaultAutoSelectFamilyAttemptTimeout(300);
    await start(300);
  } finally {
    vi.useRealTimers();
  }
});

test('progress of a long write restarts the clock of setTimeout()', async () => {
  const { driver, socket } = await connected();
  driver.takes = 1;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const refresh = vi.fn();
  try {
    Object.assign(socket, { _unrefTimer: refresh });
    await called(callback => socket.write('12345', callback));
  } finally {
    vi.useRealTimers();
  }
  expect(refresh.mock.calls.length).toBeGreaterThanOrEqual(5);
});
