/** The UUCP lock file of a serial port, by which terminal programs keep out of each other's way. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { codedError, codeOf } from './open-error.ts';
import { describeProcess, type PortHolder } from './port-holder.ts';

/** Ten characters and a line end (reliability.md F51); some programs write their name behind them. */
const PID_CHARACTERS = 10;
const READ_BYTES = 64;

/** `/dev/ttyUSB2` → `LCK..ttyUSB2`, `/dev/pts/5` → `LCK..pts_5`, as picocom and gensio name them. */
export function uucpLockFile(folder: string, device: string): string {
  const name = device.startsWith('/dev/') ? device.slice('/dev/'.length) : basename(device);
  return join(folder, `LCK..${name.replaceAll('/', '_')}`);
}

/**
 * The living process that the file names, if it is another one.
 * @throws CodedError EBUSY for a file that names none: somebody may be about to write it
 */
export function findUucpHolder(file: string): PortHolder | undefined {
  const pid = readPid(file);
  if (pid === undefined || pid === process.pid || !isAlive(pid)) return undefined;
  return describeProcess(pid) ?? { pid, name: 'unknown program' };
}

/**
 * Makes the file ours, also if a dead process left it, and undefined says so; else the holder. Where no file can be
 * made nothing is. To be called with the `flock` of the port only: else two could take each other's file for stale.
 * @throws CodedError EBUSY
 */
export function takeUucpLock(file: string): PortHolder | undefined {
  if (create(file)) return undefined;
  const holder = findUucpHolder(file);
  if (holder) return holder;
  remove(file);
  return create(file) ? undefined : findUucpHolder(file);
}

export function releaseUucpLock(file: string): void {
  try {
    if (readPid(file) === process.pid) rmSync(file, { force: true });
  } catch {
    // It is not ours any more.
  }
}

/** True if nothing is left to do. Whoever reads the file finds it whole, since a link to a finished one is made. */
function create(file: string): boolean {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, `${String(process.pid).padStart(PID_CHARACTERS)}\n`, { flag: 'wx', mode: 0o644 });
    linkSync(draft, file);
    return true;
  } catch (error) {
    return codeOf(error) !== 'EEXIST';
  } finally {
    remove(draft);
  }
}

/** undefined: there is no file. Links are not followed, and nothing but a file is read: anyone may write there. */
function readPid(file: string): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) throw codedError('EINVAL', 'not a file');
    const text = Buffer.alloc(READ_BYTES);
    const [, pid] = /^\s*([1-9]\d{0,8})\s/.exec(text.toString('latin1', 0, readSync(fd, text))) ?? [];
    if (pid === undefined) throw codedError('EINVAL', 'no PID');
    return Number(pid);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw codedError(
      'EBUSY',
      `The lock file ${file} names no process; remove it if no program uses the port`,
      error,
    );
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A signal that may not be sent reaches somebody. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Of another user: it stays, and is stale for the next one too.
  }
}
