/** What keeps the process alive: connections that are read, listeners, work under way; nothing else. */
import type { Server, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createDns } from '../../../src/sockets/dns.ts';
import { createNet } from '../../../src/sockets/net.ts';
import { turns, until } from '../../conformance/bench.ts';
import { closed } from '../../conformance/net-bench.ts';
import { watchHolds } from '../../support/holds.ts';
import { ScriptedTcpDriver } from './scripted-tcp-driver.ts';

function create(): {
  readonly driver: ScriptedTcpDriver;
  readonly net: ReturnType<typeof createNet>;
  readonly holds: () => number;
} {
  const holds = watchHolds();
  const driver = new ScriptedTcpDriver();
  const source = async () => driver;
  const net = createNet({ driver: source, lookup: createDns(source).lookup });
  return { driver, net, holds };
}

async function connected(): Promise<ReturnType<typeof create> & { readonly socket: Socket }> {
  const setup = create();
  const socket = setup.net.connect(7, '192.0.2.1');
  await until(socket, 'ready');
  return { ...setup, socket };
}

async function listening(): Promise<ReturnType<typeof create> & { readonly server: Server }> {
  const setup = create();
  const server = setup.net.createServer().listen(80);
  await until(server, 'listening');
  return { ...setup, server };
}

test('a socket that never connects does not', () => {
  const { net, holds } = create();
  new net.Socket().ref();
  expect(holds()).toBe(0);
  expect(() => net.connect({ port: 1, host: 'x', lookup: 1 as never })).toThrow();
  expect(holds()).toBe(0);
});

test('connecting does, even if unref’ed', async () => {
  const { driver, net, holds } = create();
  driver.dialled = new Promise(() => {});
  const socket = net.connect(7, '192.0.2.1').unref();
  await turns();
  expect(holds()).toBe(1);
  socket.destroy();
  await closed(socket);
});

test('an open one does; unref() and ref() decide; closing ends it', async () => {
  const { socket, holds } = await connected();
  expect(holds()).toBe(1);
  socket.unref();
  expect(holds()).toBe(0);
  socket.ref();
  expect(holds()).toBe(1);
  socket.destroy();
  await closed(socket);
  expect(holds()).toBe(0);
});

test('one that is not read does not, as in Node', async () => {
  const { driver, socket, holds } = await connected();
  for (let part = 0; part < 20; part++) driver.inbox.push(Buffer.alloc(1_500));
  driver.arrive();
  await turns(50);
  expect(holds()).toBe(0);
  socket.resume();
  await turns(50);
  expect(holds()).toBe(1);
  socket.destroy();
  await closed(socket);
});

test('a write under way does, even if unref’ed', async () => {
  const { driver, socket, holds } = await connected();
  socket.unref();
  let open = (): void => {};
  driver.room = new Promise(resolve => {
    open = resolve;
  });
  socket.write('x');
  await turns();
  expect(holds()).toBe(1);
  open();
  await turns();
  expect(holds()).toBe(0);
  socket.destroy();
  await closed(socket);
});

test('the end does until the modem has closed', async () => {
  const { driver, socket, holds } = await connected();
  socket.unref().resume().end();
  await until(socket, 'finish');
  expect(holds()).toBe(1);
  driver.arrive(null);
  await closed(socket);
  expect(holds()).toBe(0);
});

test('after the peer has ended, a half-open one does not', async () => {
  const { driver, net, holds } = create();
  const socket = net.connect({ port: 7, host: '192.0.2.1', allowHalfOpen: true }).resume();
  await until(socket, 'ready');
  driver.arrive(null);
  await until(socket, 'end');
  expect(holds()).toBe(0);
  socket.destroy();
  await closed(socket);
});

test('a server does; unref() before listen() counts', async () => {
  const { server, holds } = await listening();
  expect(holds()).toBe(1);
  server.unref();
  expect(holds()).toBe(0);
  server.ref().close();
  await closed(server);
  expect(holds()).toBe(0);
  server.unref().listen(80);
  await until(server, 'listening');
  expect(holds()).toBe(0);
  server.close();
  await closed(server);
});
