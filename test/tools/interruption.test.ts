/** Ctrl-C and SIGTERM close the modem's connections before the command line ends; a second one does not wait. */
import { createConnection, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createSim, listenSim, type SimModem } from '../../src/sim/index.ts';
import { DIALECTS, type Running, run, start, startSim, startSimOf } from './run-cli.ts';
import { openTcpPeer } from './tcp-peer.ts';
import { openEcho } from './udp-echo.ts';

/** A `udp` that has a connection open and waits for more lines. */
async function startTalking(url: string): Promise<Running> {
  const { port } = await openEcho();
  const udp = start(['udp', '-m', url, '127.0.0.1', String(port)]);
  udp.process.stdin.write('hello\n');
  await udp.line(/^hello$/);
  return udp;
}

const SOCKETS_CLOSED = /^(\+SQNSS: \d,0\n){6}OK\n$/;

/** How each dialect tells what is open, and that nothing is. */
const LISTS = {
  sequans: ['AT+SQNSS', SOCKETS_CLOSED],
  'quectel-qfwd': ['AT+QFWDCLIENT?', /^OK\n$/],
} as const;

test.each([
  ['sequans', 'SIGINT', 130],
  ['sequans', 'SIGTERM', 143],
  ['sequans', 'SIGHUP', 129],
  ['quectel-qfwd', 'SIGINT', 130],
] as const)('%s, %s leaves no connection open in the modem', async (dialect, signal, exitCode) => {
  const { url } = await startSimOf(dialect);
  const udp = await startTalking(url);
  udp.process.kill(signal);
  expect(await udp.ended).toEqual({ code: exitCode, stdout: 'hello\n', stderr: '' });
  const [list, closed] = LISTS[dialect];
  expect((await run(['at', '-m', url, list])).stdout).toMatch(closed);
});

test('Ctrl-C closes a TCP connection too, and what its peer had sent is out', async () => {
  const { url } = await startSim();
  const peer = await openTcpPeer(socket => socket.write('hello\n'));
  const tcp = start(['tcp', '-m', url, '127.0.0.1', String(peer.port)]);
  await tcp.line(/^hello$/);
  tcp.process.kill('SIGINT');
  expect(await tcp.ended).toEqual({ code: 130, stdout: 'hello\n', stderr: '' });
  expect(await peer.heard).toEqual(Buffer.alloc(0));
  expect((await run(['at', '-m', url, 'AT+SQNSS'])).stdout).toMatch(SOCKETS_CLOSED);
});

test.each(DIALECTS)('%s, a killed one leaves its connection, which the next run closes', async dialect => {
  const { url } = await startSimOf(dialect);
  const [list, closed] = LISTS[dialect];
  const udp = await startTalking(url);
  udp.process.kill('SIGKILL');
  await udp.ended;
  expect((await run(['at', '-m', url, list])).stdout).not.toMatch(closed);
  expect(await run(['info', '-m', url])).toMatchObject({ code: 0 });
  expect((await run(['at', '-m', url, list])).stdout).toMatch(closed);
});

test('a reader that goes away ends it like a signal', async () => {
  const { url } = await startSim();
  const udp = await startTalking(url);
  udp.process.stdout.destroy();
  udp.process.stdin.write('one\ntwo\nthree\n');
  expect(await udp.ended).toMatchObject({ code: 141, stderr: '' });
  expect((await run(['at', '-m', url, 'AT+SQNSS'])).stdout).toMatch(SOCKETS_CLOSED);
});

test('an interruption while the modem is opened ends it', async () => {
  const { url } = await startSim('--cfun', '4', '--searching', '600000');
  const status = start(['status', '-m', url]);
  await status.line(/registration: searching/);
  status.process.kill('SIGINT');
  expect(await status.ended).toMatchObject({ code: 130, stdout: '' });
});

/** In the middle of closing its connection, when the modem has fallen silent. */
async function startClosing(): Promise<{ readonly udp: Running; readonly sim: SimModem }> {
  const sim = createSim();
  const server = await listenSim(sim);
  const line = await openFragileLine(server.port);
  onTestFinished(async () => {
    await server.close();
    await sim.close();
  });
  const udp = await startTalking(`tcp://127.0.0.1:${line.port}`);
  expect(sim.connectionsOpen).toBe(1);
  const closing = line.cutAt('AT+SQNSH');
  udp.process.kill('SIGINT');
  await closing;
  return { udp, sim };
}

test('a second interruption does not wait for the modem', async () => {
  const { udp, sim } = await startClosing();
  udp.process.kill('SIGINT');
  expect(await udp.ended).toMatchObject({ code: 130 });
  expect(sim.connectionsOpen).toBe(1);
});

test('a silent modem is not waited for for ever', async () => {
  const { udp } = await startClosing();
  expect(await udp.ended).toEqual({ code: 130, stdout: 'hello\n', stderr: '' });
});

/** Passes bytes on until the host writes a certain text; from there on nothing gets through any more. */
async function openFragileLine(
  target: number,
): Promise<{ readonly port: number; cutAt(text: string): Promise<void> }> {
  let forbidden: string | undefined;
  let cut = (): void => {};
  const ends: Socket[] = [];
  const server = createServer(host => {
    const modem = createConnection({ host: '127.0.0.1', port: target });
    ends.push(host, modem);
    for (const end of [host, modem]) end.on('error', () => {});
    modem.pipe(host);
    host.on('data', chunk => {
      if (forbidden !== undefined && chunk.includes(forbidden)) cut();
      else modem.write(chunk);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cutAt: text =>
      new Promise(resolve => {
        forbidden = text;
        cut = resolve;
      }),
  };
}
