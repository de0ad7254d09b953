/** `atsock list`: the ports there are, and who is behind one. */
import { spawnSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { createSim, openPty } from '../../src/sim/index.ts';
import { identify, probe } from '../../src/tools/probe.ts';
import { run, startSim } from './run-cli.ts';

const hasSocat = spawnSync('socat', ['-V']).error === undefined;
const never = new AbortController().signal;

test('it prints an array of ports', async () => {
  const { code, stdout } = await run(['list', '--json']);
  expect(code).toBe(0);
  const ports: { path: string }[] = JSON.parse(stdout);
  const text = await run(['list']);
  expect(
    text.stdout
      .split('\n')
      .filter(Boolean)
      .map(line => line.split('  ')[0]),
  ).toEqual(ports.map(({ path }) => path));
});

test.skipIf(!hasSocat)('a modem says who it is (needs socat)', async () => {
  const sim = createSim();
  const pty = await openPty(sim);
  onTestFinished(async () => {
    await pty.close();
    await sim.close();
  });
  const who = { manufacturer: 'SEQUANS Communications', model: 'GM02S', revision: expect.any(String) };
  expect(await identify(pty.path, never)).toEqual(who);
});

test.skipIf(!hasSocat)('a port that another process has open is not touched (needs socat)', async () => {
  const { url, sim } = await startSim('--pty', '--trace');
  const path = url.replace('serial:', '');
  expect(await probe(path, never)).toEqual({ holder: { pid: sim.process.pid, name: expect.any(String) } });
  sim.process.kill('SIGINT');
  expect((await sim.ended).stderr).not.toMatch(/^> /m);
});

test('a probe of what is no port says so', async () => {
  expect(await probe('/dev/no-such-port', never)).toEqual({
    problem: 'There is no serial port /dev/no-such-port',
  });
});
