/** Secrets in files: read only where nobody else could have read or written them (reliability.md S22). */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Its text without the last end of line. @throws Error for a file that others may read or write, or that is not ours */
export function readPrivateFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, uid } = fstatSync(fd);
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.())
      throw new Error(`${path} must belong to this user and be closed to others: chmod 600 ${path}`);
    return readFileSync(fd, 'utf8').replace(/\r?\n$/, '');
  } finally {
    closeSync(fd);
  }
}
