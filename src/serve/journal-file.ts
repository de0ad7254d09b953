/** The journal's file: JSON lines that are on the disk when `append` returns, for one user's eyes. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** How the file begins: one that does not is somebody else's. */
const HEAD = '{"atsock":"journal","version":1}';
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_APPEND } = constants;

/**
 * It writes and waits for the disk: a few messages a minute are worth nothing but being simple and right. What
 * fails leaves the file as it was.
 */
export class JournalFile {
  readonly #path: string;
  #fd: number;
  #bytes: number;

  private constructor(path: string, fd: number, bytes: number) {
    this.#path = path;
    this.#fd = fd;
    this.#bytes = bytes;
  }

  /**
   * A last line that was cut, by a kill or a loss of power, is taken away: nobody was told that it was there.
   * @throws Error for a file that others may read or write, or that is damaged before its end
   */
  static open(path: string): { readonly file: JournalFile; readonly values: readonly unknown[] } {
    const found = openExisting(path);
    if (found === undefined) {
      const { fd, bytes } = writeWhole(path, []);
      syncFolder(dirname(path));
      return { file: new JournalFile(path, fd, bytes), values: [] };
    }
    try {
      const { values, bytes } = parse(readFileSync(found), path);
      ftruncateSync(found, bytes);
      return { file: new JournalFile(path, found, bytes), values };
    } catch (error) {
      closeSync(found);
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** All of them or none. @throws Error of the file system */
  append(values: readonly unknown[]): void {
    const data = encode(values);
    try {
      writeAll(this.#fd, data);
      fdatasyncSync(this.#fd);
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += data.length;
  }

  /** Another file in its place, whole or not at all. @throws Error of the file system */
  replace(values: readonly unknown[]): void {
    const { fd, bytes } = writeWhole(this.#path, values);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#bytes = bytes;
    syncFolder(dirname(this.#path));
  }

  /** Whoever is late writes nowhere: the number of the file may belong to another one by then. */
  close(): void {
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** undefined: there is none. A link is not followed (reliability.md S22). */
function openExisting(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { mode, uid } = fstatSync(fd);
  if ((mode & 0o077) === 0 && uid === process.getuid?.()) return fd;
  closeSync(fd);
  throw new Error(`${path} must belong to this user and be closed to others: chmod 600 ${path}`);
}

function writeWhole(path: string, values: readonly unknown[]): { fd: number; bytes: number } {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  const fd = openSync(temporary, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    // Whatever the umask has taken away.
    fchmodSync(fd, 0o600);
    const data = Buffer.concat([Buffer.from(`${HEAD}\n`), encode(values)]);
    writeAll(fd, data);
    fsyncSync(fd);
    renameSync(temporary, path);
    return { fd, bytes: data.length };
  } catch (error) {
    closeSync(fd);
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Else the new name may be gone after a loss of power. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const encode = (values: readonly unknown[]): Buffer =>
  Buffer.from(values.map(value => `${JSON.stringify(value)}\n`).join(''));

function writeAll(fd: number, data: Buffer): void {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
}

/** @returns the values, and how many bytes of the file they and the head are */
function parse(data: Buffer, path: string): { values: unknown[]; bytes: number } {
  const values: unknown[] = [];
  let bytes = 0;
  for (let number = 1, end = data.indexOf('\n'); end >= 0; number++, end = data.indexOf('\n', bytes)) {
    const line = data.toString('utf8', bytes, end);
    if (number === 1 && line !== HEAD) throw new Error(`${path} is no journal of this version of atsock`);
    const value = number === 1 ? {} : parseLine(line);
    const isLast = data.indexOf('\n', end + 1) < 0;
    // Disks may write the end of a line before its beginning.
    if (value === undefined && isLast) return { values, bytes };
    if (value === undefined)
      throw new Error(`line ${number} of ${path} is damaged: repair it, or move the file away to begin anew`);
    if (number > 1) values.push(value);
    bytes = end + 1;
  }
  if (bytes === 0) throw new Error(`${path} is no journal of this version of atsock`);
  return { values, bytes };
}

function parseLine(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
