/** What the service manager hears, through the real program and a socket as systemd's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tellServiceManager } from '../../../src/tools/readiness.ts';
import { needProgram, temporaryFolder } from '../../support/programs.ts';

const DEADLINE_MS = 10_000;

test('ready is told where somebody listens', async ({ skip }) => {
  needProgram(skip, 'systemd-notify');
  const path = join(temporaryFolder(), 'notify');
  const manager = spawn(needProgram(skip, 'socat'), ['-u', `UNIX-RECV:${path}`, '-']);
  onTestFinished(() => void manager.kill('SIGKILL'));
  await vi.waitUntil(() => existsSync(path), DEADLINE_MS);
  vi.stubEnv('NOTIFY_SOCKET', path);
  onTestFinished(() => void vi.unstubAllEnvs());
  const heard = once(manager.stdout, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) });
  // It waits until the manager has taken note, which socat cannot say.
  void tellServiceManager('READY=1');
  expect(String((await heard)[0])).toContain('READY=1');
});

test('without a service manager nothing happens', async () => {
  vi.stubEnv('NOTIFY_SOCKET', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await tellServiceManager('READY=1')).toBeUndefined();
});

test('a service manager that cannot be reached is told as an error, not thrown', async ({ skip }) => {
  needProgram(skip, 'systemd-notify');
  vi.stubEnv('NOTIFY_SOCKET', join(temporaryFolder(), 'nobody'));
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await tellServiceManager('READY=1')).toBeInstanceOf(Error);
});
