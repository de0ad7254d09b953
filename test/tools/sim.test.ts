/** `atsock sim`: a simulator in a process of its own, on a TCP port or a pseudo-terminal. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, startSim, startSimOf } from './run-cli.ts';

const hasSocat = spawnSync('socat', ['-V']).error === undefined;

test('it prints the URL, runs until Ctrl-C, and gives its port back', async () => {
  const { url, sim } = await startSim('--listen', '127.0.0.1:0');
  expect(url).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  expect(await run(['at', '-m', url, 'AT'])).toMatchObject({ code: 0, stdout: 'OK\n' });
  sim.process.kill('SIGINT');
  const { code, stdout } = await sim.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${url}\n` });
  const { hostname: host, port } = new URL(url);
  const refused = await new Promise<NodeJS.ErrnoException>((resolve, reject) => {
    createConnection({ host, port: Number(port) }, () => reject(new Error('still listening'))).on(
      'error',
      resolve,
    );
  });
  expect(refused.code).toBe('ECONNREFUSED');
});

test('SIGTERM ends it too', async () => {
  const { sim } = await startSim();
  sim.process.kill('SIGTERM');
  expect(await sim.ended).toMatchObject({ code: 0 });
});

test('a port in use is a failure', async () => {
  const { url } = await startSim();
  const { code, stdout, stderr } = await run(['sim', 'sequans', '--listen', new URL(url).host]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^atsock: .*EADDRINUSE.*\n$/);
});

test('faults are listed, and one may be given by either name', async () => {
  const text = await run(['sim', '--list-faults']);
  expect(text.stdout).toMatch(/^lost-ring +\S+/m);
  const faults = JSON.parse((await run(['sim', '--list-faults', '--json'])).stdout);
  expect(Object.keys(faults)).toContain('no-sqnsi');
  const { url } = await startSim('--fault', 'no-sqnsi', '--faults', 'no-s-registers,dns-unquoted');
  expect(await run(['at', '-m', url, 'AT+SQNSI=1'])).toMatchObject({ code: 1 });
  expect(await run(['at', '-m', url, 'ATS3?'])).toMatchObject({ code: 1 });
});

test('a profile is chosen where the dialect has some', async () => {
  const { url } = await startSimOf('quectel-qfwd', '--profile', 'table');
  expect(await run(['at', '-m', url, 'AT+QFWDSSSTATE=?'])).toMatchObject({ code: 0, stdout: 'OK\n' });
  expect(await run(['at', '-m', url, 'AT+QFWDSTATE=?'])).toMatchObject({ code: 1 });
});

test.skipIf(!hasSocat)('it is a serial port, and its link goes when it goes (needs socat)', async () => {
  const link = join(tmpdir(), `atsock-pty-${process.pid}`);
  const { url, sim } = await startSim('--pty', link);
  expect(url).toBe(`serial:${link}`);
  expect(await run(['at', '-m', url, 'AT+CGMM'])).toEqual({ code: 0, stdout: 'GM02S\nOK\n', stderr: '' });
  expect(await run(['info', '-m', url])).toMatchObject({ code: 0, stderr: '' });
  sim.process.kill('SIGINT');
  expect(await sim.ended).toMatchObject({ code: 0 });
  expect(existsSync(link)).toBe(false);
});
