/** SocketFailure → the error that Node raises when the system refuses. */
import { getSystemErrorMap } from 'node:util';
import { SocketFailure } from '../driver/socket-failure.ts';
import { nodeError } from './node-error.ts';

/** libuv's numbers by name. They differ between systems; it has no EOPNOTSUPP, which is ENOTSUP there. */
const SYSTEM_ERRORS = new Map(
  [...getSystemErrorMap()].map(([errno, [code, message]]) => [code, { errno, message }]),
);

const entryOf = (code: string) => SYSTEM_ERRORS.get(code) ?? SYSTEM_ERRORS.get('ENOTSUP');

export interface SystemErrorOptions {
  readonly cause?: unknown;
  /** Where to; not given for calls that have no address, such as `getsockname`. */
  readonly at?: { readonly address?: string | undefined; readonly port?: unknown } | undefined;
  /** `listen EADDRINUSE: address already in use 127.0.0.1:80`: Node explains some codes. */
  readonly explained?: boolean;
}

/** `send ENETDOWN 192.0.2.1:7` with `errno`, `code`, `syscall`, `address` and `port`. */
export function systemError(
  code: string,
  syscall: string,
  { cause, at, explained }: SystemErrorOptions = {},
): NodeJS.ErrnoException {
  const port = Number(at?.port) > 0 ? at?.port : undefined;
  const where = at?.address ? ` ${at.address}${port ? `:${port}` : ''}` : '';
  const { errno, message } = entryOf(code) ?? {};
  const headline = `${syscall} ${code}${explained ? `: ${message}` : ''}${where}`;
  return Object.assign(
    new Error(headline, cause === undefined ? undefined : { cause }),
    { errno, code, syscall },
    at && { address: at.address },
    port !== undefined && { port },
  );
}

/** The same for a failed operation of the driver; what is no SocketFailure means that there is no modem. */
export function failedCall(
  cause: unknown,
  syscall: string,
  at?: SystemErrorOptions['at'],
  { explained = false } = {},
): NodeJS.ErrnoException {
  const code = cause instanceof SocketFailure ? cause.code : 'ENETDOWN';
  const error = systemError(code, syscall, { cause, at, explained });
  // A modem has so few connections that a program needs to hear how many, and who holds them.
  if (code === 'EMFILE') error.message += ` (${(cause as Error).message})`;
  return error;
}

/** Node's SystemError of the buffer size calls, a class that it does not export. */
export function bufferSizeError(code: 'EBADF' | 'EINVAL', direction: 'recv' | 'send'): Error {
  const { errno, message } = entryOf(code) ?? {};
  const syscall = `uv_${direction}_buffer_size`;
  const error = nodeError(
    Error,
    'ERR_SOCKET_BUFFER_SIZE',
    `Could not get or set buffer size: ${syscall} returned ${code} (${message})`,
    'SystemError',
  );
  return Object.assign(error, { info: { errno, code, message, syscall }, errno, syscall });
}
