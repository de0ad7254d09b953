/** Servers of `net` over a driver that is told what to do. */
import nodeNet, { type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { TcpBinding } from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import { called, turns, until } from '../../conformance/bench.ts';
import { closed, record } from '../../conformance/net-bench.ts';
import { create, PEER, type Setup } from './scripted-net.ts';

async function listening(): Promise<Setup & { readonly server: Server }> {
  const setup = create();
  const server = setup.net.createServer().listen(80);
  await until(server, 'listening');
  return { ...setup, server };
}

test('a server without a host takes the family that the modem has', async () => {
  const { driver, net } = create();
  driver.addresses = ['2001:db8::7'];
  const server = net.createServer().listen(80);
  await until(server, 'listening');
  expect(server.address()).toEqual({ address: '::', family: 'IPv6', port: 80 });
  expect(driver.listened).toMatchObject([{ family: 6, port: 80 }]);
});

test('maxConnections 0: what this version of Node makes of it', async () => {
  const { driver, server } = await listening();
  const log = record(server);
  server.on('drop', () => log.push('drop'));
  server.maxConnections = 0;
  driver.call();
  await turns();
  expect(log).toEqual([Number.parseInt(process.versions.node, 10) > 20 ? 'drop' : 'connection']);
});

test('the key of its place is known at once, as in Node', async () => {
  const { net } = create();
  const server = net.createServer().listen(80);
  expect(Reflect.get(server, '_connectionKey')).toBe('6::::80');
  await until(server, 'listening');
  expect(Reflect.get(server, '_connectionKey')).toBe('6::::80');
});

test('any port: another one where the first is taken', async () => {
  const { driver, net } = create();
  driver.listenFailures.push(
    new SocketFailure('EADDRINUSE', 'taken'),
    new SocketFailure('EADDRINUSE', 'taken'),
  );
  const server = net.createServer().listen(0);
  await until(server, 'listening');
  expect(driver.listened.map(({ family }) => family)).toEqual([4, 4, 4, 6]);
  const { port } = driver.listened[3] as TcpBinding;
  expect(driver.listened[2]?.port).toBe(port);
  expect(server.address()).toEqual({ address: '::', family: 'IPv6', port });
});

test('no room for the second family: IPv4 alone (deviation listen-address)', async () => {
  const { driver, net } = create();
  driver.listenFailures.push(undefined, new SocketFailure('EMFILE', 'no connection left'));
  const server = net.createServer().listen(80);
  await until(server, 'listening');
  expect(server.address()).toEqual({ address: '0.0.0.0', family: 'IPv4', port: 80 });
});

test('the second family fails: the first is closed', async () => {
  const { driver, net } = create();
  driver.listenFailures.push(undefined, new SocketFailure('EADDRINUSE', 'taken'));
  const server = net.createServer().listen(80);
  const [error] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
  expect([error.code, driver.listenerCloseCalls]).toEqual(['EADDRINUSE', 1]);
});

test('a port of choice is tried once', async () => {
  const { driver, net } = create();
  driver.listenFailures.push(new SocketFailure('EADDRINUSE', 'taken'));
  const server = net.createServer().listen(80);
  await called(callback => server.once('error', callback));
  expect(driver.listened.length).toBe(1);
});

test.each([
  ['a descriptor', { fd: 3 }],
  ['a handle', { _handle: {} }],
])('%s to listen on: EINVAL that says why', async (_what, options) => {
  const server = create().net.createServer().listen(options);
  const [error] = await called<[NodeJS.ErrnoException]>(callback => server.once('error', callback));
  expect(error).toMatchObject({
    code: 'EINVAL',
    syscall: 'listen',
    cause: { message: 'a modem listens on no descriptor and no handle' },
  });
});

test('one listener is lost: both are opened again on that port, connections go on', async () => {
  const { driver, server } = await listening();
  const log = record(server);
  const accepted = until(server, 'connection');
  driver.call();
  const [socket] = (await accepted) as [Socket];
  driver.loseListener(new SocketFailure('ENETDOWN', 'the modem listens no more'));
  await expect.poll(() => driver.listened.length).toBe(4);
  expect(driver.listened.slice(2)).toEqual(driver.listened.slice(0, 2));
  expect([server.listening, socket.destroyed, driver.listenerCloseCalls]).toEqual([true, false, 2]);
  socket.destroy();
  server.close();
  await closed(server);
  expect(log).toEqual(['connection', 'close']);
});

test('the modem is closed in order: the server closes', async () => {
  const { driver, server } = await listening();
  const log = record(server);
  driver.loseListener();
  await closed(server);
  expect(log).toEqual(['close']);
});

test('who calls while the server closes is hung up on', async () => {
  const { driver, server } = await listening();
  driver.call();
  server.close();
  await closed(server);
  await turns();
  expect([driver.closeCalls, driver.listenerCloseCalls]).toEqual([1, 2]);
});

test('a server with a block list', async () => {
  const { driver, net } = create();
  const blockList = new nodeNet.BlockList();
  blockList.addAddress(PEER);
  const server = net.createServer({ blockList } as nodeNet.ServerOpts).listen(80);
  const log = record(server);
  await until(server, 'listening');
  driver.call();
  await turns();
  expect([log, driver.closeCalls]).toEqual([['listening'], 1]);
});
