/** Keeps a second process out of a folder: a file that names the process at work there. */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'lock';
/** Somebody may take it between two looks; not for ever. */
const TRIES = 5;

/**
 * Until the function that it returns is called, or this process has ended in any way.
 * @throws Error that names the process which has it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, NAME);
  const draft = unique(file);
  const self = identify(process.pid) ?? '';
  writeFileSync(draft, `${self}\n`, { flag: 'wx', mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      if (link(draft, file)) return () => release(file, self);
      const holder = read(file);
      if (isAlive(holder)) throw new Error(`${folder} is in use by process ${pidOf(holder)}`);
      putAside(file);
    }
    throw new Error(`${folder} is being taken by other processes`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whoever reads the file finds it whole, since it is a link to a finished one. */
function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moved before it is looked at again: another one may have taken the place of the dead since. */
function putAside(file: string): void {
  const aside = unique(file);
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (isAlive(read(aside))) link(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, self: string): void {
  if (read(file) === self) rmSync(file, { force: true });
}

const unique = (file: string): string => `${file}.${randomBytes(8).toString('hex')}`;

const pidOf = (identity: string): number => Number.parseInt(identity, 10);

function isAlive(identity: string): boolean {
  const pid = pidOf(identity);
  return pid > 0 && identify(pid) === identity;
}

/** A number is given again, also after a restart of the computer; number, start and boot together are not (Linux). */
function identify(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  // proc_pid_stat(5): the 22nd, and the name before them may have anything in it.
  const started =
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[19] ?? '';
  return [pid, started, read('/proc/sys/kernel/random/boot_id')].join(' ').trim();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
