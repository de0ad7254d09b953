/** `atsock udp`: datagrams from options and standard input, over a simulator in another process. */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIALECTS, run, start, startSim, startSimOf } from './run-cli.ts';
import { openEcho } from './udp-echo.ts';

test.each(DIALECTS)(
  'text goes out and comes back, IPv4 and IPv6, by address and by name: %s',
  async dialect => {
    const { url } = await startSimOf(
      dialect,
      '--host',
      'echo.test=127.0.0.1',
      '--host',
      'both.test=127.0.0.1,::1',
    );
    const port = { 4: String((await openEcho(4)).port), 6: String((await openEcho(6)).port) };
    const hello = { code: 0, stdout: 'hello\n', stderr: '' };
    const udp = (...args: string[]) => run(['udp', '-m', url, '--count', '1', '--data', 'hello', ...args]);
    expect(await udp('127.0.0.1', port[4])).toEqual(hello);
    expect(await udp('::1', port[6])).toEqual(hello);
    expect(await udp('echo.test', port[4])).toEqual(hello);
    expect(await udp('-6', 'both.test', port[6])).toEqual(hello);
  },
);

test('without --count it ends by itself after --wait', async () => {
  const { url } = await startSim();
  const { port } = await openEcho();
  const udp = await run(['udp', '-m', url, '--data', 'x', '--wait', '500', '127.0.0.1', String(port)]);
  expect(udp).toEqual({ code: 0, stdout: 'x\n', stderr: '' });
});

test('bytes that are no text are shown in hex, and JSON has both', async () => {
  const { url } = await startSim();
  const { port } = await openEcho();
  const to = ['-m', url, '--count', '1', '127.0.0.1', String(port)];
  expect(await run(['udp', '--hex', '00 ff:1B', ...to])).toMatchObject({ code: 0, stdout: '00ff1b\n' });
  const json = async (...args: string[]) => JSON.parse((await run(['udp', '--json', ...args, ...to])).stdout);
  const from = { address: '127.0.0.1', port };
  expect(await json('--hex', '80')).toEqual([{ ...from, bytes: 1, hex: '80' }]);
  expect(await json('--data', 'é\n')).toEqual([{ ...from, bytes: 3, hex: 'c3a90a', text: 'é\n' }]);
});

test('a file is one datagram', async () => {
  const { url } = await startSim();
  const { port, heard } = await openEcho();
  const bytes = Buffer.from(Array.from({ length: 1500 }, (_, index) => index % 256));
  const file = join(tmpdir(), `atsock-payload-${process.pid}`);
  await writeFile(file, bytes);
  const { code } = await run(['udp', '-m', url, '--file', file, '--count', '1', '127.0.0.1', String(port)]);
  expect(code).toBe(0);
  expect(heard).toEqual([bytes]);
});

test('each line of standard input is one datagram', async () => {
  const { url } = await startSim();
  const { port, heard } = await openEcho();
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  const input = `${lines.join('\n')}\n`;
  const udp = await run(['udp', '-m', url, '--count', '50', '127.0.0.1', String(port)], input);
  expect(udp).toEqual({ code: 0, stdout: input, stderr: '' });
  expect(heard.map(String)).toEqual(lines);
});

test('a line that cannot be sent is told, and those behind it go out', async () => {
  const { url } = await startSim();
  const { port, heard } = await openEcho();
  const input = `one\n${'x'.repeat(1501)}\nthree\n`;
  const { code, stderr } = await run(['udp', '-m', url, '--wait', '0', '127.0.0.1', String(port)], input);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^atsock: send EMSGSIZE.*\natsock: 1 of 3 datagrams were not sent\n$/);
  expect(heard.map(String)).toEqual(['one', 'three']);
});

test.each([
  ['sequans', 1501],
  ['quectel-qfwd', 1025],
] as const)('one datagram that is too long is a failure: %s, %i bytes', async (dialect, bytes) => {
  const { url } = await startSimOf(dialect);
  const { code, stderr } = await run(['udp', '-m', url, '--data', 'x'.repeat(bytes), '127.0.0.1', '9']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^atsock: send EMSGSIZE[^\n]*\n$/);
});

test('fewer answers than --count are a failure', async () => {
  const { url } = await startSim();
  const { port } = await openEcho();
  const args = ['--data', 'x', '--count', '2', '--wait', '300', '127.0.0.1', String(port)];
  const { code, stdout, stderr } = await run(['udp', '-m', url, ...args]);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: 'x\n',
    stderr: 'atsock: 1 of 2 datagrams came\n',
  });
});

test.each(DIALECTS)(
  '--listen hears anyone, with --json an array that is whole also after Ctrl-C: %s',
  async dialect => {
    const { url } = await startSimOf(dialect);
    const far = await openEcho();
    const udp = start(['udp', '-m', url, '--listen', '0', '--json']);
    const port = Number(/port (\d+)$/.exec(await udp.line(/listening on/))?.[1]);
    far.send('one', port);
    await udp.line(/"one"/);
    far.send('two', port);
    await udp.line(/"two"/);
    udp.process.kill('SIGINT');
    const { code, stdout } = await udp.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ text: 'one', port: far.port }, { text: 'two' }]);
  },
);
