/** User and password of a service, from a file of its owner alone or from the environment: never from arguments, which everybody sees. */
import type { Login } from '../socks/login-gate.ts';
import { readPrivateFile } from '../util/private-file.ts';

/** RFC 1929 2. */
const LONGEST = 255;

export function readLoginFile(path: string): Login {
  return parseLogin(readPrivateFile(path), path);
}

/** @param from for the message, since the text itself is secret */
export function parseLogin(text: string, from: string): Login {
  const [, user = '', password = ''] = /^([^:]+):([^\r\n]+)$/.exec(text) ?? [];
  const fits = (part: string): boolean => part !== '' && Buffer.byteLength(part) <= LONGEST;
  if (fits(user) && fits(password)) return { user, password };
  throw new Error(`${from} must be USER:PASSWORD, each of 1 to ${LONGEST} bytes, in one line`);
}
