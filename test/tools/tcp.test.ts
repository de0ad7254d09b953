/** `atsock tcp`: standard input and output over a connection of the modem, with a simulator in another process. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { DIALECTS, type Running, run, start, startSim, startSimOf } from './run-cli.ts';
import { echo, openTcpPeer } from './tcp-peer.ts';

const SEED = 20260517;

test.each(DIALECTS)('what goes in comes back, IPv4 and IPv6, by address and by name: %s', async dialect => {
  const { url } = await startSimOf(dialect, '--host', 'echo.test=127.0.0.1,::1');
  const port = { 4: String((await openTcpPeer(echo)).port), 6: String((await openTcpPeer(echo, 6)).port) };
  const hello = { code: 0, stdout: 'hello\n', stderr: '' };
  const tcp = (...args: string[]) => run(['tcp', '-m', url, '--wait', '500', ...args], 'hello\n');
  expect(await tcp('127.0.0.1', port[4])).toEqual(hello);
  expect(await tcp('::1', port[6])).toEqual(hello);
  expect(await tcp('echo.test', port[4])).toEqual(hello);
  expect(await tcp('-6', 'echo.test', port[6])).toEqual(hello);
});

test.each(DIALECTS)(`it is exact to the byte both ways at once (%s, seed ${SEED})`, async dialect => {
  const { url } = await startSimOf(dialect);
  const up = nastyBytes(300_000, SEED);
  const down = nastyBytes(300_000, SEED + 1);
  let left = up.length;
  const peer = await openTcpPeer(socket => {
    socket.write(down);
    socket.on('data', chunk => {
      left -= chunk.length;
      if (left === 0) socket.end();
    });
  });
  const tcp = start(['tcp', '-m', url, '127.0.0.1', String(peer.port)]);
  tcp.process.stdin.end(up);
  expect(await tcp.ended).toMatchObject({ code: 0, stderr: '' });
  expect(tcp.output().equals(down)).toBe(true);
  expect((await peer.heard).equals(up)).toBe(true);
});

test('it ends when the peer has ended, whether standard input has or not', async () => {
  const { url } = await startSim();
  const { port } = await openTcpPeer(socket => socket.end('bye\n'));
  const tcp = start(['tcp', '-m', url, '127.0.0.1', String(port)]);
  expect(await tcp.ended).toEqual({ code: 0, stdout: 'bye\n', stderr: '' });
});

test('an answer to the end of standard input may be late', async () => {
  const { url } = await startSim();
  const { port } = await openTcpPeer(socket => {
    socket.on('data', () => setTimeout(() => socket.end('answer\n'), 1_000));
  });
  const { code, stdout } = await run(['tcp', '-m', url, '127.0.0.1', String(port)], 'question\n');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'answer\n' });
});

test.each([
  ['at once', '0'],
  ['after some silence', '300'],
])('a peer that stays silent is left %s', async (_, wait) => {
  const { url } = await startSim();
  const peer = await openTcpPeer(() => {});
  const tcp = await run(['tcp', '-m', url, '--wait', wait, '127.0.0.1', String(peer.port)], 'hello\n');
  expect(tcp).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(String(await peer.heard)).toBe('hello\n');
});

test.each(DIALECTS)('a peer that resets is a failure, and what it had sent is out: %s', async dialect => {
  const { url } = await startSimOf(dialect);
  let reset = (): void => {};
  const { port } = await openTcpPeer(socket => {
    socket.write('so far\n');
    reset = () => socket.resetAndDestroy();
  });
  const tcp = start(['tcp', '-m', url, '127.0.0.1', String(port)]);
  await tcp.line(/^so far$/);
  tcp.process.stdin.write('x'.repeat(1500));
  reset();
  const { code, stdout, stderr } = await tcp.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'so far\n' });
  expect(stderr).toMatch(/^atsock: (read|write) (ECONNRESET|EPIPE)[^\n]*\n$/);
});

test('where nobody listens, each address that was tried is named in one line', async () => {
  const { url } = await startSim('--host', 'nobody.test=127.0.0.1,::1');
  const { code, stdout, stderr } = await run(['tcp', '-m', url, '127.0.0.1', '1']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^atsock: connect ECONNREFUSED 127\.0\.0\.1:1\b[^\n]*\n$/);
  expect((await run(['tcp', '-m', url, 'nobody.test', '1'])).stderr).toMatch(
    /^atsock: connect ECONNREFUSED ::1:1\b.*; connect ECONNREFUSED 127\.0\.0\.1:1\b[^\n]*\n$/,
  );
  expect((await run(['tcp', '-m', url, 'no.invalid', '1'])).stderr).toMatch(
    /^atsock: getaddrinfo ENOTFOUND no\.invalid[^\n]*\n$/,
  );
});

/** `atsock tcp --listen 0` and the port number that it says. */
async function startListening(
  dialect: (typeof DIALECTS)[number],
  ...args: string[]
): Promise<{ tcp: Running; port: number }> {
  const { url } = await startSimOf(dialect);
  const tcp = start(['tcp', '-m', url, '--listen', '0', ...args]);
  return { tcp, port: Number(/port (\d+)$/.exec(await tcp.line(/listening on/))?.[1]) };
}

/** Calls again when nobody listens: the modem needs a moment between two callers. */
async function call(port: number): Promise<Socket> {
  for (let tries = 0; tries < 1_000; tries++) {
    const caller = connect(port, '127.0.0.1');
    try {
      await once(caller, 'connect');
      onTestFinished(() => void caller.destroy());
      return caller.on('error', () => {});
    } catch {
      // Refused.
    }
  }
  throw new Error(`nobody listens on port ${port}`);
}

test.each(DIALECTS)('--listen takes one caller, and ends with it: %s', async dialect => {
  const { tcp, port } = await startListening(dialect);
  const caller = await call(port);
  caller.write('from outside\n');
  await tcp.line(/^from outside$/);
  tcp.process.stdin.write('from inside\n');
  const [heard] = await once(caller, 'data');
  expect(String(heard)).toBe('from inside\n');
  caller.end();
  const { code, stdout, stderr } = await tcp.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'from outside\n' });
  expect(stderr).toMatch(/^atsock: listening on \S+ port \d+\natsock: call from 127\.0\.0\.1 port \d+\n$/);
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('--listen --keep takes callers in turn, one that resets among them, until Ctrl-C', async () => {
  const { tcp, port } = await startListening('sequans', '--keep');
  const first = await call(port);
  first.write('first\n');
  await tcp.line(/^first$/);
  const second = await call(port);
  second.end('second\n');
  await tcp.line(/call from .* port \d+/);
  first.resetAndDestroy();
  await tcp.line(/^second$/);
  (await call(port)).end('third\n');
  await tcp.line(/^third$/);
  tcp.process.kill('SIGINT');
  expect(await tcp.ended).toMatchObject({ code: 0, stdout: 'first\nsecond\nthird\n' });
});
