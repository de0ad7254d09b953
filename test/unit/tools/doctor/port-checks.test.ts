/** The doctor before it opens a port: missing, no port, held, a manager at work, USB that sleeps. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../../../src/tools/doctor/finding.ts';
import { examinePort } from '../../../../src/tools/doctor/port-checks.ts';
import { needProgram, temporaryFolder } from '../../../support/programs.ts';

async function examine(path: string, root: string): Promise<{ usable: boolean; findings: Finding[] }> {
  const findings: Finding[] = [];
  const usable = await examinePort(path, finding => findings.push(finding), root);
  return { usable, findings };
}

/** A pseudo-terminal with nobody behind it. */
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

test('a port that is not there', async () => {
  expect(await examine('/dev/no-such-port', temporaryFolder())).toEqual({
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
  expect((await examine(path, temporaryFolder())).findings).toMatchObject([
    { level: 'fail', text: expect.stringMatching(/not a serial port/) },
  ]);
});

test('a port that another program has locked', async ({ skip }) => {
  const path = await openPort(skip);
  const holder = spawn(needProgram(skip, 'flock'), [path, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void holder.stdin.end());
  // Its own copy of the program answers, so it has the lock.
  holder.stdin.write('x');
  await once(holder.stdout, 'data');
  expect(await examine(path, temporaryFolder())).toMatchObject({
    usable: false,
    findings: [
      {
        level: 'fail',
        text: expect.stringMatching(/held by \w+ \(process \d+\)/),
        advice: expect.stringMatching(/kill \d+/),
      },
    ],
  });
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
  expect(await examine(path, root)).toMatchObject({
    usable: true,
    findings: [
      { check: 'port', level: 'ok' },
      { check: 'manager', level: 'warn', advice: expect.stringMatching(/ID_MM_PORT_IGNORE/) },
      {
        check: 'power',
        level: 'warn',
        advice: expect.stringContaining(join(device, 'power/control')),
      },
    ],
  });
  writeFileSync(join(device, 'power/control'), 'on\n');
  expect((await examine(path, root)).findings.map(({ check }) => check)).toEqual(['port', 'manager']);
});
