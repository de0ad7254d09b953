/** `atsock watch` in a process of its own, on the simulator behind pseudo-terminals and a fake `/sys`. */
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test, vi } from 'vitest';
import { createSim, openPty, type SimModem } from '../../src/sim/index.ts';
import { FakeSys } from '../support/fake-sys.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { UsbModem } from '../support/usb-modem.ts';
import { type Running, run, runNode, start } from './run-cli.ts';

const FAST_CLOCK = new URL('../support/fast-clock.mjs', import.meta.url).href;
const WATCH_PROGRAM = new URL('../support/watch-program.mjs', import.meta.url).pathname;
const FAST = { NODE_OPTIONS: `--import=${FAST_CLOCK}` };
const DEADLINE_MS = 20_000;

function createModem(): SimModem {
  const sim = createSim();
  onTestFinished(() => sim.close());
  return sim;
}

async function openPort(skip: TestContext['skip'], sim = createModem()): Promise<string> {
  needProgram(skip, 'socat');
  const pty = await openPty(sim);
  onTestFinished(() => pty.close());
  return `serial:${pty.path}`;
}

/** A program of ours, and what it has written down: its arguments and what it was told. */
function createProgram(): { readonly path: string; readonly said: () => string } {
  const folder = temporaryFolder();
  const path = join(folder, 'program');
  const script = `#!/bin/sh\n{ echo "$@"; env | grep ATSOCK | sort; } >> ${folder}/said\n`;
  writeFileSync(path, script, { mode: 0o755 });
  return { path, said: () => readFileSync(join(folder, 'said'), 'utf8') };
}

const stop = (running: Running): Promise<unknown> => {
  running.process.kill('SIGTERM');
  return running.ended;
};

test('a healthy modem: ready, figures in a file, and an end with exit code 0', async ({ skip }) => {
  const url = await openPort(skip);
  const metrics = join(temporaryFolder(), 'atsock.prom');
  const watching = start(['watch', '-m', `${url}?pin=1234`, '--state', 'off', '--metrics', metrics]);
  expect(await watching.line(/^watching/)).toBe(`watching ${url}`);
  await watching.line(/^ready$/);
  await vi.waitUntil(
    () => readFileSync(metrics, 'utf8').includes(`atsock_up{modem="${url}"} 1\n`),
    DEADLINE_MS,
  );
  expect(statSync(metrics).mode & 0o777).toBe(0o644);
  expect(await stop(watching)).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(metrics, 'utf8')).toContain(
    `atsock_recovery_actions_total{modem="${url}",action="usb"} 0\n`,
  );
});

test('a restart without a word is noticed; every line is JSON where that is wanted', async ({ skip }) => {
  const sim = createModem();
  const url = await openPort(skip, sim);
  const watching = start(['watch', '-m', url, '--state', 'off', '--json'], FAST);
  await watching.line(/"ready"/);
  sim.restart({ silent: true });
  await watching.line(/"lostMs"/);
  await stop(watching);
  const events = String(watching.output())
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(events).toMatchObject([
    { event: 'started', modem: url },
    { event: 'state', state: 'ready' },
    { event: 'state', state: 'recovering' },
    { event: 'recovery', rung: 2, action: 'reopen', result: 'done' },
    { event: 'state', state: 'ready', lastAction: 'reopen' },
    { event: 'state', state: 'closed' },
  ]);
});

test('dead from the start: its power is switched by the program that was given, and it is ready', async ({
  skip,
}) => {
  needProgram(skip, 'socat');
  const sim = createModem();
  sim.silence('power');
  const link = join(temporaryFolder(), 'modem');
  const before = await openPty(sim, link);
  const { path, said } = createProgram();
  const args = ['-m', `serial:${link}`, '--state', 'off', '--no-usb', '--power', path, 'port', '$(id)'];
  const watching = start(['watch', ...args], FAST);
  await watching.line(/rung 6, power: done/);
  expect(said()).toBe(
    `port $(id)\nATSOCK_ACTION=power\nATSOCK_MODEM=serial:${link}\nATSOCK_REASON=no answer\nATSOCK_RUNG=6\n`,
  );
  await before.close();
  sim.replug('power');
  const after = await openPty(sim, link);
  onTestFinished(() => after.close());
  await watching.line(/ready again after .* s; the last action was power/);
  await stop(watching);
}, 60_000);

test('its USB device is reset, and it is found again under another name', async ({ skip }) => {
  needProgram(skip, 'socat');
  const sys = new FakeSys(temporaryFolder());
  const sim = createModem();
  const device = await UsbModem.plugIn(sys, sim);
  const watching = runNode([WATCH_PROGRAM, sys.root, '/dev/ttyUSB2']);
  await watching.line(/^ready$/);
  sim.silence('usb');
  await watching.line(/rung 2, reopen: cannot open/);
  await watching.line(/rung 5, usb: done/);
  await watching.line(/ready again after .* s; the last action was usb/);
  expect(device.resets).toBe(1);
  expect(() => statSync(join(sys.root, 'dev/ttyUSB2'))).toThrow();
}, 90_000);

test('unplugged: told, not reset, and found again under another name', async ({ skip }) => {
  needProgram(skip, 'socat');
  const sys = new FakeSys(temporaryFolder());
  const device = await UsbModem.plugIn(sys, createModem());
  const watching = runNode([WATCH_PROGRAM, sys.root, '/dev/ttyUSB2']);
  await watching.line(/^ready$/);
  await device.unplug();
  await watching.line(
    /rung 2, reopen: .*\/dev\/ttyUSB2 is missing, and nothing of its kind has come in its place/,
  );
  await watching.line(/rung 5, usb: the USB device of \/dev\/ttyUSB2 is not there/);
  await device.plugInAgain();
  await watching.line(/^ready again after/);
  expect(device.resets).toBe(0);
}, 90_000);

test('nothing helps: the hook is run, and with --give-up that is the end', async ({ skip }) => {
  const sim = createModem();
  const url = await openPort(skip, sim);
  sim.silence('never');
  const { path, said } = createProgram();
  const args = ['--state', 'off', '--no-usb', '--power', '/bin/false', '--hook', path, '--give-up'];
  const watching = start(['watch', '-m', url, ...args], FAST);
  await watching.line(/rung 6, power: \/bin\/false ended with 1/);
  await watching.line(/rung 7, alarm: done/);
  expect(said()).toContain('ATSOCK_RUNG=7\n');
  await watching.line(/^atsock: nothing has helped: the modem is given up$/);
  const [code] = await once(watching.process, 'close');
  expect(code).toBe(1);
}, 90_000);

test('what nobody can mend ends it with exit code 1: a second one on the same port', async ({ skip }) => {
  const url = await openPort(skip);
  const first = start(['watch', '-m', url, '--state', 'off']);
  await first.line(/^ready$/);
  const { code, stderr } = await run(['watch', '-m', url, '--state', 'off']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`${first.process.pid}`) });
  await stop(first);
});

test.each([
  ['--power', 'relay off', 'no absolute path'],
  ['--hook', '/nowhere/at/all', 'does not exist'],
  ['--hook', '/etc/passwd', 'not executable'],
])('%s %s: exit code 2, before anything is opened', async (option, path, why) => {
  const { code, stdout, stderr } = await run(['watch', '-m', 'sim:sequans', option, path]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(why);
});

test('figures that cannot be written: exit code 1', async () => {
  const { code, stderr } = await run(['watch', '-m', 'sim:sequans', '--metrics', '/nowhere/atsock.prom']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'atsock: /nowhere/atsock.prom cannot be written: ENOENT\n',
  });
});

test('a budget that cannot be kept is refused', async () => {
  const file = join(temporaryFolder(), 'notes.txt');
  writeFileSync(file, 'somebody else');
  const { code, stderr } = await run(['watch', '-m', 'sim:sequans', '--state', file]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^atsock: .*notes\.txt is a link, or [^\n]+\n$/)]);
});
