/** port-holder: the process that locks or opens a file, as Linux tells it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findLockHolder, findOpener } from '../../../src/transport/port-holder.ts';

const why =
  process.platform !== 'linux'
    ? ' (skipped: not Linux)'
    : spawnSync('flock', ['--version']).status !== 0
      ? ' (skipped: no flock here)'
      : '';

describe.skipIf(why !== '')(`port-holder${why}`, () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atsock-holder-'));
    path = join(folder, 'port');
    writeFileSync(path, '');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  test('nobody holds it', () => {
    expect(findLockHolder(path)).toBeUndefined();
    expect(findOpener(path)).toBeUndefined();
  });

  test('what does not exist is held by nobody', () => {
    expect(findLockHolder(`${path}-not`)).toBeUndefined();
    expect(findOpener(`${path}-not`)).toBeUndefined();
  });

  test('a process that locks it is found, through a link too, and only as long as it lives', async () => {
    const link = join(folder, 'link');
    symlinkSync(path, link);
    const locker = spawn('flock', ['--no-fork', '-x', path, 'sh', '-c', 'echo locked; read line']);
    await once(locker.stdout, 'data');
    expect(findLockHolder(path)).toEqual({ pid: locker.pid, name: 'sh' });
    expect(findLockHolder(link)).toEqual({ pid: locker.pid, name: 'sh' });
    expect(findOpener(path)).toEqual({ pid: locker.pid, name: 'sh' });
    locker.stdin.end();
    await once(locker, 'exit');
    expect(findLockHolder(path)).toBeUndefined();
    expect(findOpener(path)).toBeUndefined();
  });

  test('a process that has it open without a lock is an opener only', async () => {
    const opener = spawn('sh', ['-c', 'exec 9<"$0"; echo open; read line', path]);
    await once(opener.stdout, 'data');
    expect(findLockHolder(path)).toBeUndefined();
    expect(findOpener(path)).toEqual({ pid: opener.pid, name: 'sh' });
    opener.stdin.end();
    await once(opener, 'exit');
  });

  test('our own descriptor does not make us the opener', () => {
    const fd = openSync(path, 'r');
    expect(findOpener(path)).toBeUndefined();
    closeSync(fd);
  });
});
