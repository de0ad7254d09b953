/** uucp-lock: made, respected, taken from the dead, never through a link, and left alone where it cannot be made. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  findUucpHolder,
  releaseUucpLock,
  takeUucpLock,
  uucpLockFile,
} from '../../../src/transport/uucp-lock.ts';
import { temporaryFolder } from '../../support/programs.ts';

const OWN = `${String(process.pid).padStart(10)}\n`;

/** A PID that nobody has: that of a process that has ended and been waited for. */
const deadPid = (): number => spawnSync('true').pid;

async function livingPid(): Promise<number> {
  const child = spawn('sleep', ['600']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child.pid ?? 0;
}

describe.skipIf(process.platform === 'win32')('the lock file', () => {
  const place = (text?: string): { folder: string; file: string } => {
    const folder = temporaryFolder();
    const file = join(folder, 'LCK..ttyUSB2');
    if (text !== undefined) writeFileSync(file, text);
    return { folder, file };
  };

  test.each([
    ['/dev/ttyUSB2', '/var/lock/LCK..ttyUSB2'],
    ['/dev/pts/5', '/var/lock/LCK..pts_5'],
    ['/srv/modem', '/var/lock/LCK..modem'],
  ])('of %s is %s', (device, file) => expect(uucpLockFile('/var/lock', device)).toBe(file));

  test('eleven bytes for everyone to read, nothing beside it, and gone when given back', () => {
    const { folder, file } = place();
    const umask = process.umask(0);
    expect(takeUucpLock(file)).toBeUndefined();
    process.umask(umask);
    expect(readFileSync(file, 'latin1')).toBe(OWN);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['LCK..ttyUSB2']);
    releaseUucpLock(file);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a living process keeps it, and is named', async () => {
    const pid = await livingPid();
    const { folder, file } = place(`${String(pid).padStart(10)} sleep root\n`);
    expect(findUucpHolder(file)).toEqual({ pid, name: 'sleep' });
    expect(takeUucpLock(file)).toEqual({ pid, name: 'sleep' });
    releaseUucpLock(file);
    expect(readdirSync(folder)).toEqual(['LCK..ttyUSB2']);
    expect(readFileSync(file, 'latin1')).toContain(String(pid));
  });

  test.each([
    ['a dead process', () => `${String(deadPid()).padStart(10)}\n`],
    ['an earlier process of our number', () => OWN],
  ])('that of %s is taken', (_, text) => {
    const { file } = place(text());
    expect(findUucpHolder(file)).toBeUndefined();
    expect(takeUucpLock(file)).toBeUndefined();
    expect(readFileSync(file, 'latin1')).toBe(OWN);
  });

  test.each([
    ['nothing', ''],
    ['half a number', '     12'],
    ['no number', 'minicom\n'],
    ['process 0', '         0\n'],
    ['all processes', '        -1\n'],
    ['bytes', '\x01\x02\0\0'],
  ])('that holds %s is refused and stays', (_, text) => {
    const { file } = place(text);
    const refusal = { code: 'EBUSY', message: expect.stringContaining(file) };
    expect(() => findUucpHolder(file)).toThrow(expect.objectContaining(refusal));
    expect(() => takeUucpLock(file)).toThrow(expect.objectContaining(refusal));
    releaseUucpLock(file);
    expect(readFileSync(file, 'latin1')).toBe(text);
  });

  test('links, folders and pipes in its place are refused, and their target is untouched', () => {
    const { folder, file: target } = place(OWN);
    const make: Record<string, (file: string) => unknown> = {
      link: file => symlinkSync(target, file),
      dangling: file => symlinkSync(join(folder, 'nothing'), file),
      folder: file => mkdirSync(file),
      pipe: file => execFileSync('mkfifo', [file]),
    };
    for (const [name, create] of Object.entries(make)) {
      const file = join(folder, name);
      create(file);
      expect(() => takeUucpLock(file), name).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    }
    expect(readFileSync(target, 'latin1')).toBe(OWN);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
    expect(readdirSync(folder)).toHaveLength(5);
  });

  test('where there is no folder there is no lock, and no failure', () => {
    const file = '/proc/no-such-folder/LCK..ttyUSB2';
    expect(takeUucpLock(file)).toBeUndefined();
    releaseUucpLock(file);
  });
});
