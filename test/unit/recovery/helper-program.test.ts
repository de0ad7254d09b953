/** Programs of the user: which are refused, what they are told, and that they end (reliability.md S13). */
import { chmodSync, chownSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHelper } from '../../../src/recovery/helper-program.ts';
import type { Complaint } from '../../../src/recovery/treatment.ts';
import { temporaryFolder } from '../../support/programs.ts';

const COMPLAINT: Complaint = { modem: 'serial:/dev/ttyUSB2', rung: 6, action: 'power', reason: 'no answer' };
const NEVER = new AbortController().signal;

/** A script in a folder of its own, where `$0.out` is free. */
function script(lines: string, mode = 0o755): string {
  const path = join(temporaryFolder(), 'script');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, mode);
  return path;
}

const run = (argv: readonly string[], complaint = COMPLAINT, signal = NEVER): Promise<void> =>
  createHelper(argv)(complaint, signal);

describe('refused', () => {
  test.each([
    ['that its group may change', 0o775, /may be changed by other users/],
    ['that anybody may change', 0o757, /may be changed by other users/],
    ['setuid', 0o4755, /setuid or setgid/],
    ['setgid', 0o2755, /setuid or setgid/],
    ['that cannot be run', 0o644, /not executable/],
  ])('one %s', (_, mode, why) => {
    expect(() => createHelper([script('', mode)])).toThrow(why);
  });

  test('a link, a folder, nothing, a name without a path', () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(script(''), link);
    expect(() => createHelper([link])).toThrow(/no plain file/);
    expect(() => createHelper([temporaryFolder()])).toThrow(/no plain file/);
    expect(() => createHelper(['/nowhere/at/all'])).toThrow(/does not exist/);
    expect(() => createHelper(['true'])).toThrow(/no absolute path/);
    expect(() => createHelper([])).toThrow(/no absolute path/);
  });

  test.skipIf(process.getuid?.() !== 0)("another user's", () => {
    const path = script('');
    chownSync(path, 12_345, 0);
    expect(() => createHelper([path])).toThrow(/belongs to another user/);
  });

  test('one that was changed since: not run', async () => {
    const path = script('touch "$0.out"');
    const help = createHelper([path]);
    chmodSync(path, 0o777);
    await expect(help(COMPLAINT, NEVER)).rejects.toThrow(/may be changed/);
    expect(existsSync(`${path}.out`)).toBe(false);
  });
});

test('arguments and complaint arrive as they are; nothing of our environment does', async () => {
  vi.stubEnv('SECRET_OF_OURS', 'x');
  onTestFinished(() => void vi.unstubAllEnvs());
  const path = script('{ for arg in "$@"; do echo "[$arg]"; done; env | sort; } > "$0.out"');
  const nasty = ['$(id)', '`id`', '; id', 'a b', '*', "'", '"', '-n', 'two\nlines'];
  const reason = 'a$(touch /tmp/x)`id`;\nATSOCK_RUNG=9\0b';
  await run([path, ...nasty], { ...COMPLAINT, reason });
  const said = readFileSync(`${path}.out`, 'utf8');
  for (const arg of nasty) expect(said).toContain(`[${arg}]\n`);
  expect(said).toContain('ATSOCK_REASON=a$(touch /tmp/x)`id`;?ATSOCK_RUNG=9?b\n');
  expect(said).toContain('ATSOCK_RUNG=6\n');
  expect(said.match(/^ATSOCK_RUNG/gm)).toHaveLength(1);
  expect(said).not.toContain('SECRET_OF_OURS');
});

test('how it ends when it fails', async () => {
  const path = script('exit 3');
  await expect(run([path])).rejects.toThrow(`${path} ended with 3`);
  const killed = script('kill -TERM $$');
  await expect(run([killed])).rejects.toThrow(`${killed} ended with SIGTERM`);
  const broken = script('');
  writeFileSync(broken, '#!/nowhere/interpreter\n');
  await expect(run([broken])).rejects.toThrow(/cannot be run: .*ENOENT/);
});

test('one that says more than 64 KiB is ended', async () => {
  const path = script('yes; touch "$0.out"');
  await expect(run([path])).rejects.toThrow(`${path} said more than 64 KiB`);
  const little = script('head -c 65536 /dev/zero');
  await run([little]);
});

/** The process and what it has started are gone. */
async function expectDead(pidFile: string): Promise<void> {
  await vi.waitUntil(() => {
    try {
      process.kill(Number(readFileSync(pidFile, 'utf8')), 0);
      return false;
    } catch {
      return true;
    }
  }, 10_000);
}

const SLEEPER = 'sleep 600 & echo $! > "$0.pid.new"; mv "$0.pid.new" "$0.pid"; wait';

test('it has 30 s; then it ends, and with it what it has started', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const path = script(SLEEPER);
  const refused = expect(run([path])).rejects.toThrow(`${path} did not end within 30 s`);
  // The clock of vi.waitUntil is another one.
  while (!existsSync(`${path}.pid`)) await new Promise(setImmediate);
  vi.advanceTimersByTime(30_000);
  vi.useRealTimers();
  await refused;
  await expectDead(`${path}.pid`);
});

test('it ends with atsock', async () => {
  const path = script(SLEEPER);
  const leaving = new AbortController();
  const refused = expect(run([path], COMPLAINT, leaving.signal)).rejects.toThrow(/was ended with atsock/);
  await vi.waitUntil(() => existsSync(`${path}.pid`), 10_000);
  leaving.abort();
  await refused;
  await expectDead(`${path}.pid`);
});
