/** What went wrong with a serial port, in one sentence and with Node's `code`. */
import { type CodedError, codedError, codeOf } from './open-error.ts';
import { findLockHolder, findOpener, type PortHolder } from './port-holder.ts';

/** The binding reports strerror texts without a code; the last two are of its Windows half. */
const BINDING_TEXTS: readonly (readonly [text: RegExp, code: string])[] = [
  [/cannot lock|is locked|resource busy/i, 'EBUSY'],
  [/permission denied/i, 'EACCES'],
  [/no such file|does not exist/i, 'ENOENT'],
  [/inappropriate ioctl/i, 'ENOTTY'],
  [/file not found/i, 'ENOENT'],
  [/access denied/i, 'EBUSY'],
];

const GROUP_HINT =
  process.platform === 'linux' ? ' (is this user in the group that owns it, usually "dialout"?)' : '';

export function serialOpenError(path: string, error: unknown): CodedError {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error) ?? BINDING_TEXTS.find(([text]) => text.test(message))?.[1] ?? 'EIO';
  switch (code) {
    case 'ENOENT':
      return codedError(code, `There is no serial port ${path}`, error);
    case 'EACCES':
    case 'EPERM':
      return codedError('EACCES', `No permission to open the serial port ${path}${GROUP_HINT}`, error);
    case 'EBUSY':
      return portHeldError(path, findLockHolder(path) ?? findOpener(path), error);
    case 'ENOTTY':
    case 'EISDIR':
      return codedError('ENOTTY', `${path} is not a serial port`, error);
    default:
      return codedError(code, `The serial port ${path} cannot be opened: ${message}`, error);
  }
}

export function portHeldError(path: string, holder: PortHolder | undefined, cause?: unknown): CodedError {
  const who = !holder
    ? 'another program'
    : holder.pid === process.pid
      ? 'this process itself'
      : `process ${holder.pid} (${holder.name})`;
  return codedError('EBUSY', `The serial port ${path} is held by ${who}`, cause);
}

/** The port went away while open. Without an error of the system (it read 0 bytes) the code is ENODEV. */
export function serialLostError(path: string, cause?: unknown): CodedError {
  const code = cause === undefined ? 'ENODEV' : (codeOf(cause) ?? 'EIO');
  return codedError(code, `The serial port ${path} is gone (${code})`, cause);
}
