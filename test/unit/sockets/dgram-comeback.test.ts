/** Datagram sockets whose modem is lost: what they say, and that they are bound again when it is back. */
import nodeDgram, { type Socket } from 'node:dgram';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { called, DEADLINE_MS, record, until } from '../../conformance/bench.ts';
import { LoopbackTcpDriver } from '../../contract/loopback-tcp-driver.ts';
import { watchHolds } from '../../support/holds.ts';
import { RecoverableModem } from './recoverable-modem.ts';

const HERE = '127.0.0.1';
const POLL = { interval: 1, timeout: DEADLINE_MS };

function open(modem = new RecoverableModem()): { modem: RecoverableModem; socket: Socket } {
  const socket = modem.dgram.createSocket('udp4');
  onTestFinished(() => socket.on('error', () => {})[Symbol.asyncDispose]());
  return { modem, socket };
}

async function bound(modem?: RecoverableModem): Promise<{ modem: RecoverableModem; socket: Socket }> {
  const opened = open(modem);
  await called(callback => opened.socket.bind(0, callback));
  return opened;
}

/** Loses the modem; resolves when the socket has said so. */
async function lost(modem: RecoverableModem, socket: Socket): Promise<unknown> {
  const [[error]] = await Promise.all([until(socket, 'error'), modem.lose()]);
  return error;
}

/** Until the modem has been asked once more to open. */
async function recovered(modem: RecoverableModem): Promise<void> {
  const before = modem.driver.openings.length;
  modem.recover();
  await expect.poll(() => modem.driver.openings.length, POLL).not.toBe(before);
}

async function farEnd(port = 0): Promise<Socket> {
  const socket = nodeDgram.createSocket('udp4').bind(port, HERE);
  await until(socket, 'listening');
  onTestFinished(() => socket[Symbol.asyncDispose]());
  return socket;
}

const sent = async (socket: Socket, ...to: [] | [port: number, address: string]): Promise<unknown> =>
  (await called<[Error | null]>(done => socket.send('x', ...(to as [number, string]), done)))[0];

describe('a bound socket', () => {
  test('says ENETDOWN once, then hears again on its port (deviation lost-modem)', async () => {
    const { modem, socket } = await bound();
    const log = record(socket);
    const { port } = socket.address();
    expect(await lost(modem, socket)).toMatchObject({ message: 'recvmsg ENETDOWN', code: 'ENETDOWN' });
    expect(await sent(socket, 9, HERE)).toMatchObject({ message: `send ENETDOWN ${HERE}:9` });
    expect(socket.address().port).toBe(port);
    await recovered(modem);
    expect(await sent(socket, 9, HERE)).toBe(null);
    const message = until(socket, 'message');
    (await farEnd()).send('hello', port, HERE);
    expect(String((await message)[0])).toBe('hello');
    expect(modem.driver.openings).toEqual([
      { family: 4, port: 0 },
      { family: 4, port },
    ]);
    expect(log).toEqual(['error', 'message']);
  });

  test('what is sent while it opens again goes out by it', async () => {
    const { modem, socket } = await bound(new RecoverableModem(new LoopbackTcpDriver({ turns: 3 })));
    await lost(modem, socket);
    modem.recover();
    expect(await sent(socket, 9, HERE)).toBe(null);
  });

  test('what waits to be sent when the modem is lost fails, once each', async () => {
    const { modem, socket } = await bound(new RecoverableModem(new LoopbackTcpDriver({ turns: 3 })));
    const results: unknown[] = [];
    for (let number = 0; number < 5; number++)
      socket.send('x', 9, HERE, error => results.push((error as NodeJS.ErrnoException | null)?.code));
    await lost(modem, socket);
    await recovered(modem);
    await sent(socket, 9, HERE);
    expect(results).toEqual(Array(5).fill('ENETDOWN'));
    expect([socket.getSendQueueCount(), modem.driver.payload.sent]).toEqual([0, 1]);
  });

  test('keeps its peer', async () => {
    const { modem, socket } = await bound();
    const peer = await farEnd();
    await called(done => socket.connect(peer.address().port, HERE, done as () => void));
    const { port } = socket.address();
    await lost(modem, socket);
    await recovered(modem);
    const heard = until(peer, 'message');
    expect(await sent(socket)).toBe(null);
    expect((await heard)[1]).toMatchObject({ port });
    expect(socket.remoteAddress().port).toBe(peer.address().port);
    const answer = until(socket, 'message');
    (await farEnd()).send('stranger', port, HERE);
    peer.send('friend', port, HERE);
    expect(String((await answer)[0])).toBe('friend');
  });

  test('closed meanwhile it closes at once, and does not come back', async () => {
    const { modem, socket } = await bound();
    const { socket: other } = await bound(modem);
    await Promise.all([lost(modem, socket), until(other, 'error')]);
    await called(callback => socket.close(callback));
    await recovered(modem);
    expect(await sent(other, 9, HERE)).toBe(null);
    expect(modem.driver.openings.length).toBe(3);
  });

  test('closed while it opens again it gives the port back', async () => {
    const { modem, socket } = await bound(new RecoverableModem(new LoopbackTcpDriver({ turns: 3 })));
    await lost(modem, socket);
    await recovered(modem);
    await called(callback => socket.close(callback));
    expect([modem.driver.openings.length, modem.driver.connectionsOpen]).toEqual([2, 0]);
  });

  test('whose port was taken: EADDRINUSE; another one can be bound', async () => {
    const { modem, socket } = await bound();
    const { port } = socket.address();
    await lost(modem, socket);
    await farEnd(port);
    const error = until(socket, 'error');
    modem.recover();
    expect(await error).toMatchObject([
      { message: `bind EADDRINUSE 0.0.0.0:${port}`, code: 'EADDRINUSE', syscall: 'bind' },
    ]);
    await called(callback => socket.bind(0, callback));
    expect(socket.address().port).not.toBe(port);
  });

  test('whose modem refuses at first is patient', async () => {
    const { modem, socket } = await bound();
    await lost(modem, socket);
    modem.driver.refuse(new SocketFailure('ENETUNREACH', 'not yet'));
    await recovered(modem);
    modem.driver.refuse(undefined);
    expect(await sent(socket, 9, HERE)).toBe(null);
    expect(modem.driver.openings.length).toBe(3);
  });

  test('whose modem refuses for good: its last word, after four attempts', async () => {
    const { modem, socket } = await bound();
    await lost(modem, socket);
    modem.driver.refuse(new SocketFailure('ENOBUFS', 'never'));
    modem.recover();
    expect(await until(socket, 'error')).toMatchObject([{ code: 'ENOBUFS', syscall: 'bind' }]);
    expect(modem.driver.openings.length).toBe(5);
  });

  test('whose modem is closed instead: it closes', async () => {
    const { modem, socket } = await bound();
    const log = record(socket);
    await lost(modem, socket);
    modem.giveUp();
    await until(socket, 'close');
    expect(log).toEqual(['error', 'close']);
  });

  test('a hundred times: nothing is left over', async () => {
    const holds = watchHolds();
    const { modem, socket } = await bound();
    const log = record(socket);
    const timers = (): number => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length;
    const before = timers();
    for (let round = 0; round < 100; round++) {
      await lost(modem, socket);
      await recovered(modem);
      expect(await sent(socket, 9, HERE)).toBe(null);
    }
    expect(log).toEqual(Array(100).fill('error'));
    expect([holds(), modem.driver.connectionsOpen]).toEqual([1, 1]);
    expect(timers()).toBeLessThanOrEqual(before + 1);
    await called(callback => socket.close(callback));
    expect([holds(), modem.driver.connectionsOpen]).toEqual([0, 0]);
  });

  test('keeps the process alive meanwhile, unless unref’ed', async () => {
    const holds = watchHolds();
    const { modem, socket } = await bound();
    await lost(modem, socket);
    expect(holds()).toBe(1);
    socket.unref();
    expect(holds()).toBe(0);
  });
});

describe('a socket that only sends', () => {
  test('has the same port again, and talks to the same peer first', async () => {
    const { modem, socket } = open();
    await sent(socket, 9, HERE);
    const { port } = socket.address();
    await lost(modem, socket);
    await recovered(modem);
    expect(modem.driver.openings[1]).toEqual({ ...modem.driver.openings[0], port });
  });

  test('whose port was taken has another one', async () => {
    const { modem, socket } = open();
    const log = record(socket);
    await sent(socket, 9, HERE);
    const { port } = socket.address();
    await lost(modem, socket);
    await farEnd(port);
    await recovered(modem);
    expect(await sent(socket, 9, HERE)).toBe(null);
    expect(socket.address().port).not.toBe(port);
    expect(log).toEqual(['listening', 'error']);
  });
});

test('without a modem connect() and the first send() fail, and can be tried again', async () => {
  const { modem, socket } = open();
  await modem.lose();
  const [error] = await called<[Error]>(done => socket.connect(9, HERE, done as () => void));
  expect(error).toMatchObject({ code: 'ENETDOWN', syscall: 'connect' });
  expect(await sent(socket, 9, HERE)).toMatchObject({ code: 'ENETDOWN', syscall: 'send' });
  modem.recover();
  expect(await sent(socket, 9, HERE)).toBe(null);
});
