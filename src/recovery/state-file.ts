/** The state file: a little JSON that outlives the process, for one user's eyes, never half written. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** How every file of ours begins: one that does not is somebody else's and is left alone. */
const HEAD = '{"atsock":';
const LARGEST_BYTES = 65_536;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, W_OK } = constants;

/** Of one modem, in the place that the XDG base directory specification has for it. */
export function statePath(modem: string, env: NodeJS.ProcessEnv = process.env, home = homedir()): string {
  const { XDG_STATE_HOME: wanted = '' } = env;
  const name = `${encodeURIComponent(modem).replaceAll('.', '%2E')}.json`;
  return join(isAbsolute(wanted) ? wanted : join(home, '.local', 'state'), 'atsock', name);
}

/**
 * undefined: it is somebody else's, or others may change it, or it cannot be read: it is not to be written either.
 * An empty object: there is none yet, or it was cut.
 */
export function readState(path: string): object | undefined {
  try {
    return parse(readPrivate(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : undefined;
  }
}

/** Nothing is written. @throws Error of one sentence if nothing can be kept there */
export function checkState(path: string): void {
  if (!readState(path)) throw new Error(`${path} is a link, or somebody else's, or no state file of atsock`);
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, W_OK);
  } catch (cause) {
    throw new Error(`${folder} cannot be written: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}

/** Whole or not at all, and on the disk when it returns. @throws Error of the file system */
export function writeState(path: string, state: object): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600);
  try {
    try {
      // Whatever the umask has taken away.
      fchmodSync(fd, 0o600);
      writeFileSync(fd, `${HEAD}1,"state":${JSON.stringify(state)}}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

/** A link, a pipe, or a file in which others could write is not believed (reliability.md S22). */
function readPrivate(path: string): string {
  const fd = openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    const { mode, size, uid } = fstatSync(fd);
    const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    const isFile = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isFile || !isOurs || size > LARGEST_BYTES) throw new Error(`${path} is not to be trusted`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function parse(text: string): object | undefined {
  if (!text.startsWith(HEAD.slice(0, text.length))) return undefined;
  try {
    const { state } = JSON.parse(text) as { readonly state?: unknown };
    return typeof state === 'object' && state !== null ? state : {};
  } catch {
    return {};
  }
}
