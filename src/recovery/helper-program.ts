/** A program of the user that switches power or calls for help: checked, then run without a shell (reliability.md S13). */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, lstatSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Complaint, Helper } from './treatment.ts';

const LIMIT_MS = 30_000;
const LONGEST_OUTPUT_BYTES = 65_536;

/** And nothing of our own environment, which may hold the modem's PIN. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param argv the program by its absolute path, and its arguments. @throws Error of one sentence */
export function createHelper(argv: readonly string[]): Helper {
  const [path = '', ...args] = argv;
  checkProgram(path);
  return async (complaint, signal) => {
    // Somebody may have changed it since.
    checkProgram(path);
    signal.throwIfAborted();
    const env = { PATH, ...environmentOf(complaint) };
    // A group of its own, so that what it has started ends with it.
    const child = spawn(path, args, {
      env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await ended(child, path, signal);
  };
}

/** What could have been put there by another user is not run: the rule of ModemManager's dispatcher. */
function checkProgram(path: string): void {
  const why = isAbsolute(path) ? reasonAgainst(path) : 'is no absolute path';
  if (why !== undefined) throw new Error(`${path} is not run: it ${why}`);
}

function reasonAgainst(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return 'does not exist';
  if (!stat.isFile()) return 'is no plain file';
  if (stat.uid !== 0 && stat.uid !== process.getuid?.()) return 'belongs to another user';
  if ((stat.mode & 0o022) !== 0) return 'may be changed by other users';
  if ((stat.mode & 0o6000) !== 0) return 'has the rights of somebody else (setuid or setgid)';
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return 'is not executable';
  }
}

function environmentOf({ modem, rung, action, reason }: Complaint): NodeJS.ProcessEnv {
  return {
    ATSOCK_MODEM: plain(modem),
    ATSOCK_RUNG: String(rung),
    ATSOCK_ACTION: action,
    ATSOCK_REASON: plain(reason),
  };
}

/** No environment holds a NUL, and no program expects line breaks there. */
const plain = (text: string): string => text.replace(/[\0-\x1f\x7f]/g, '?');

function ended(child: ChildProcess, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let killed: string | undefined;
    const kill = (why: string): void => {
      killed ??= why;
      killGroup(child);
    };
    const abort = (): void => kill('was ended with atsock');
    const limit = setTimeout(() => kill(`did not end within ${LIMIT_MS / 1000} s`), LIMIT_MS);
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > LONGEST_OUTPUT_BYTES) kill(`said more than ${LONGEST_OUTPUT_BYTES / 1024} KiB`);
    };
    const settle = (failure: string | undefined): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', abort);
      if (failure === undefined) resolve();
      else reject(new Error(`${path} ${failure}`));
    };
    child.stdout?.on('data', count);
    child.stderr?.on('data', count);
    signal.addEventListener('abort', abort);
    child.once('error', error => settle(`cannot be run: ${error.message}`));
    child.once('close', (code, killer) => {
      settle(killed ?? (code === 0 ? undefined : `ended with ${code ?? killer}`));
    });
  });
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
  // What has left the group may still hold them.
  child.stdout?.destroy();
  child.stderr?.destroy();
}
