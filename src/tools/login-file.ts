/** User and password of a service, from a file of its owner alone or from the environment: never from arguments, which everybody sees. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Login } from '../socks/login-gate.ts';

/** RFC 1929 2. */
const LONGEST = 255;

export function readLoginFile(path: string): Login {
  return parseLogin(readPrivateFile(path), path);
}

/** @throws Error for a file that others may read or write, or that is not ours (reliability.md S22) */
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

/** @param from for the message, since the text itself is secret */
export function parseLogin(text: string, from: string): Login {
  const [, user = '', password = ''] = /^([^:]+):([^\r\n]+)$/.exec(text) ?? [];
  const fits = (part: string): boolean => part !== '' && Buffer.byteLength(part) <= LONGEST;
  if (fits(user) && fits(password)) return { user, password };
  throw new Error(`${from} must be USER:PASSWORD, each of 1 to ${LONGEST} bytes, in one line`);
}
