/** Connections and servers whose modem is lost: connections end once, servers listen again. */
import nodeNet, { type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { called, DEADLINE_MS, until } from '../../conformance/bench.ts';
import { closed, HERE, record } from '../../conformance/net-bench.ts';
import { watchHolds } from '../../support/holds.ts';
import { RecoverableModem } from './recoverable-modem.ts';

const POLL = { interval: 1, timeout: DEADLINE_MS };

async function listening(
  host: string | undefined = HERE,
): Promise<{ modem: RecoverableModem; server: Server; port: number }> {
  const modem = new RecoverableModem();
  const server = modem.net.createServer(socket => socket.on('error', () => {}));
  server.listen(0, host);
  await until(server, 'listening');
  onTestFinished(() => void server.close());
  return { modem, server, port: (server.address() as AddressInfo).port };
}

/** Somebody calls: both ends. */
async function call(server: Server, port: number): Promise<{ socket: Socket; far: Socket }> {
  const accepted = until(server, 'connection');
  const far = nodeNet.connect(port, HERE).on('error', () => {});
  onTestFinished(() => void far.destroy());
  const [[socket]] = await Promise.all([accepted, until(far, 'connect')]);
  return { socket: socket as Socket, far };
}

async function farServer(port = 0): Promise<{ server: Server; port: number }> {
  const server = nodeNet.createServer(socket => socket.on('error', () => {})).listen(port, HERE);
  await until(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

/** Until the server listens again. */
async function recovered(modem: RecoverableModem): Promise<void> {
  const before = modem.driver.connectionsOpen;
  modem.recover();
  await expect.poll(() => modem.driver.connectionsOpen, POLL).not.toBe(before);
}

describe('a server', () => {
  test('says nothing, keeps its address and takes callers again', async () => {
    const { modem, server, port } = await listening();
    const log = record(server);
    const address = server.address();
    await modem.lose();
    expect([server.listening, server.address()]).toEqual([true, address]);
    await recovered(modem);
    const { socket, far } = await call(server, port);
    const data = until(far, 'data');
    socket.write('hello');
    expect(String((await data)[0])).toBe('hello');
    expect([server.address(), log]).toEqual([address, ['connection']]);
  });

  test('its connections end, with ENETDOWN, once (deviation lost-modem-connections)', async () => {
    const { modem, server, port } = await listening();
    const { socket } = await call(server, port);
    const log = record(socket);
    await modem.lose();
    await closed(socket);
    expect(log).toEqual(['error ENETDOWN', 'close true']);
  });

  test('closed meanwhile it closes at once, and does not come back', async () => {
    const { modem, server } = await listening();
    const other = modem.net.createServer().listen(0, HERE);
    await until(other, 'listening');
    onTestFinished(() => void other.close());
    await modem.lose();
    await called(callback => server.close(callback as () => void));
    await recovered(modem);
    const { port } = other.address() as AddressInfo;
    await call(other, port);
    expect(modem.driver.connectionsOpen).toBe(2);
  });

  test('whose port was taken: EADDRINUSE and close; it can listen elsewhere', async () => {
    const { modem, server, port } = await listening();
    const log = record(server);
    await modem.lose();
    await farServer(port);
    const error = until(server, 'error');
    modem.recover();
    expect(await error).toMatchObject([
      { message: `listen EADDRINUSE: address already in use ${HERE}:${port}`, syscall: 'listen', port },
    ]);
    await closed(server);
    server.listen(0, HERE);
    await until(server, 'listening');
    expect(log).toEqual(['error EADDRINUSE', 'close', 'listening']);
  });

  test('whose modem is closed instead: it closes', async () => {
    const { modem, server } = await listening();
    const log = record(server);
    await modem.lose();
    modem.giveUp();
    await closed(server);
    expect(log).toEqual(['close']);
  });

  test('a hundred times: nothing is left over', async () => {
    const holds = watchHolds();
    const { modem, server, port } = await listening();
    const log = record(server);
    for (let round = 0; round < 100; round++) {
      await modem.lose();
      await recovered(modem);
      expect([modem.driver.connectionsOpen, holds()]).toEqual([1, 1]);
    }
    expect([(server.address() as AddressInfo).port, log]).toEqual([port, []]);
    await called(callback => server.close(callback as () => void));
    expect([modem.driver.connectionsOpen, holds()]).toEqual([0, 0]);
  });
});

describe('a connection', () => {
  test('ends once: what waits to be written, the error, the close', async () => {
    const modem = new RecoverableModem();
    const { port } = await farServer();
    const socket = modem.net.connect(port, HERE);
    await until(socket, 'connect');
    const log = record(socket);
    socket.write('x'.repeat(1 << 20), error =>
      log.push(`written ${(error as NodeJS.ErrnoException | null)?.code}`),
    );
    await modem.lose();
    await closed(socket);
    expect(log.filter(entry => entry.startsWith('error'))).toEqual(['error ENETDOWN']);
    expect(log.filter(entry => entry.startsWith('written')).length).toBe(1);
    expect(log.at(-1)).toBe('close true');
  });

  test('cannot be made meanwhile: ENETDOWN, later it can', async () => {
    const modem = new RecoverableModem();
    const { port } = await farServer();
    await modem.lose();
    const socket = modem.net.connect(port, HERE);
    const log = record(socket);
    await closed(socket);
    expect(log).toEqual(['connectionAttempt', 'connectionAttemptFailed', 'error ENETDOWN', 'close true']);
    modem.recover();
    const next = modem.net.connect(port, HERE);
    await until(next, 'connect');
    next.destroy();
  });
});
