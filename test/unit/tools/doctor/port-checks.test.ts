/** The doctor before it opens a port: missing, no port, held, a manager at work, USB that sleeps. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSim, openPty } from '../../../../src/sim/index.ts';
import type { Finding } from '../../../../src/tools/doctor/finding.ts';
import { examinePort } from '../../../../src/tools/doctor/port-checks.ts';
import { needProgram, temporaryFolder } from '../../../support/programs.ts';

async function examine(path: string, root: string): Promise<{ usable: boolean; findings: Finding[] }> {
  const findings: Finding[] = [];
  const usable = await examinePort(path, finding => findings.push(finding), root);
  return { usable, findings };
}

/** A serial port nobody has open: the far end of a simulator's would be held by the simulator. */
async function openPort(skip: (note: string) => never): Promise<string> {
  const link = join(temporaryFolder(), 'modem');
  const socat = spawn(needProgram(skip, 'socat'), [`pty,raw,link=${link}`, 'pty,raw'], { stdio: 'ignore' });
  onTestFinished(() => void socat.kill('SIGKILL'));
  for (;;) {
    try {
      return readlinkSync(link);
    } catch {
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}

const empty = (): string => temporaryFolder();

test('a port that is not there', async () => {
  expect(await examine('/dev/no-such-port', empty())).toEqual({
    usable: false,
    findings: [
      {
        check: 'port',
        level: 'fail',
        text: 'there is no /dev/no-such-port',
        advice: expect.stringMatching(/atsock list.*usb_modeswitch/),
      },
    ],
  });
});

test('a file', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  expect((await examine(path, empty())).findings).toMatchObject([
    { level: 'fail', text: expect.stringMatching(/not a serial port/) },
  ]);
});

test('a port that another program has open', async ({ skip }) => {
  needProgram(skip, 'socat');
  const sim = createSim();
  const pty = await openPty(sim);
  onTestFinished(async () => {
    await pty.close();
    await sim.close();
  });
  const fd = openSync(pty.path, 'r+');
  const holder = spawn('sleep', ['60'], { stdio: ['ignore', fd, 'ignore'] });
  closeSync(fd);
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder, 'spawn');
  const { usable, findings } = await examine(pty.path, empty());
  expect(usable).toBe(false);
  expect(findings).toMatchObject([
    { level: 'fail', text: expect.stringMatching(/held by \w+ \(process \d+\)/), advice: expect.any(String) },
  ]);
});

test('ModemManager is named, and USB that puts the modem to sleep', async ({ skip }) => {
  const path = await openPort(skip);
  const root = temporaryFolder();
  const device = join(root, 'sys/devices/usb1/1-1');
  mkdirSync(join(root, 'proc/77'), { recursive: true });
  writeFileSync(join(root, 'proc/77/comm'), 'ModemManager\n');
  mkdirSync(join(device, 'power'), { recursive: true });
  mkdirSync(join(device, '1-1:1.2'));
  writeFileSync(join(device, 'idVendor'), '2c7c\n');
  writeFileSync(join(device, 'power/control'), 'auto\n');
  const entry = join(root, 'sys/class/tty', path.split('/').at(-1) ?? '');
  mkdirSync(entry, { recursive: true });
  symlinkSync(join(device, '1-1:1.2'), join(entry, 'device'));
  const { usable, findings } = await examine(path, root);
  const concerns = findings.filter(({ level }) => level === 'warn');
  expect(concerns).toMatchObject([
    { check: 'manager', advice: expect.stringMatching(/ID_MM_PORT_IGNORE/) },
    { check: 'power', advice: expect.stringContaining(join(device, 'power/control')) },
  ]);
  // Socat has its own end of the pair, and this one it has only made.
  expect({ usable, others: findings.length - concerns.length }).toEqual({ usable, others: 1 });
  writeFileSync(join(device, 'power/control'), 'on\n');
  expect((await examine(path, root)).findings.map(({ check }) => check)).toEqual(['port', 'manager']);
});
