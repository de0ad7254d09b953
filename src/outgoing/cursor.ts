/** How far a destination has got: the id of the last event it has, in a file that is on the disk before the next one goes. */
import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

export class Cursor {
  readonly #path: string;
  #id: string;

  /**
   * @param path in a folder that belongs to the service alone
   * @param latest where a new one begins: nobody wants the mail of a year on the day it is switched on
   * @throws Error of the file system
   */
  constructor(path: string, latest: string) {
    this.#path = path;
    const known = readIfThere(path);
    this.#id = known ?? latest;
    // What comes before the first delivery must not be skipped by the next run.
    if (known === undefined) this.move(latest);
  }

  get id(): string {
    return this.#id;
  }

  /** The old one or this one is there, whenever the power fails. @throws Error of the file system */
  move(id: string): void {
    const next = `${this.#path}.new`;
    withFile(next, O_WRONLY | O_CREAT | O_TRUNC, fd => {
      writeFileSync(fd, `${id}\n`);
      fsyncSync(fd);
    });
    renameSync(next, this.#path);
    this.#id = id;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return withFile(path, O_RDONLY, fd => readFileSync(fd, 'utf8').trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function withFile<T>(path: string, flags: number, work: (fd: number) => T): T {
  const fd = openSync(path, flags | (O_NOFOLLOW ?? 0), 0o600);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
