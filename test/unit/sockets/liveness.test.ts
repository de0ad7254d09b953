/** What keeps the process alive: open sockets and work under way, nothing else. */
import type { Socket } from 'node:dgram';
import { expect, test } from 'vitest';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { createDgram } from '../../../src/sockets/dgram.ts';
import { createDns } from '../../../src/sockets/dns.ts';
import { called, until } from '../../conformance/bench.ts';
import { LoopbackDriver } from '../../contract/loopback-driver.ts';
import { watchHolds } from '../../support/holds.ts';

function create(driver = new LoopbackDriver({ turns: 3 })): { socket: Socket; holds: () => number } {
  const holds = watchHolds();
  const source = async () => driver;
  const socket = createDgram({ driver: source, lookup: createDns(source).lookup }).createSocket('udp4');
  return { socket, holds };
}

test('a socket that is not bound does not', async () => {
  const { socket, holds } = create();
  expect(holds()).toBe(0);
  socket.ref();
  expect(holds()).toBe(0);
});

test('a bound one does; unref() and ref() decide; closing ends it', async () => {
  const { socket, holds } = create();
  socket.bind();
  await until(socket, 'listening');
  expect(holds()).toBe(1);
  socket.unref().unref();
  expect(holds()).toBe(0);
  socket.ref();
  expect(holds()).toBe(1);
  socket.close();
  expect(holds()).toBe(1);
  await until(socket, 'close');
  expect(holds()).toBe(0);
});

test('unref() before bind() counts', async () => {
  const { socket, holds } = create();
  socket.unref().bind();
  await until(socket, 'listening');
  expect(holds()).toBe(0);
  socket.close();
  await until(socket, 'close');
  expect(holds()).toBe(0);
});

test('what an unref’ed socket has begun is finished', async () => {
  const { socket, holds } = create();
  socket.unref();
  const sent = called(callback => socket.send('x', 9, '127.0.0.1', callback));
  await new Promise(setImmediate);
  expect(holds()).toBe(1);
  await sent;
  expect(holds()).toBe(0);
  socket.close();
  await new Promise(setImmediate);
  expect(holds()).toBe(1);
  await until(socket, 'close');
  expect(holds()).toBe(0);
});

test('a socket that could not be opened does not', async () => {
  const driver = new LoopbackDriver();
  driver.refuse(new SocketFailure('ENETDOWN', 'not registered'));
  const { socket, holds } = create(driver);
  socket.bind();
  await until(socket, 'error');
  expect(holds()).toBe(0);
});
