/** What refusals of a modem mean in errno names (27.007 9.2). */
import { AtError } from '../at/at-error.ts';
import { ConnectionsLost } from '../at/connections-lost.ts';
import { cmeNumber } from '../at/result-code.ts';
import { type SocketErrno, SocketFailure } from '../driver/socket-failure.ts';

/** at-generic.md 2.3. Number 4 is what the socket commands say for most things; usually the network (sequans.md 1.4). */
const ERRNO_OF_CME: Readonly<Record<number, SocketErrno>> = {
  10: 'ENETDOWN',
  11: 'ENETDOWN',
  13: 'ENETDOWN',
  20: 'EMFILE',
  30: 'ENETUNREACH',
  31: 'ETIMEDOUT',
  32: 'ENETUNREACH',
  50: 'EINVAL',
  103: 'ENETUNREACH',
  106: 'ENETUNREACH',
  107: 'ENETUNREACH',
  111: 'ENETUNREACH',
  112: 'ENETUNREACH',
  113: 'ENETUNREACH',
  132: 'ENETUNREACH',
  133: 'ENETUNREACH',
  134: 'ENETUNREACH',
  148: 'ENETUNREACH',
  149: 'ENETUNREACH',
};

/** The line went away: who owns a port hears that by `closed()`. */
export const isLineLost = (cause: unknown): boolean => cause instanceof AtError && cause.kind === 'closed';

/** What its owners hear, and those of what was under way (reliability.md 2.4). */
export function lossOfLine(cause: unknown): SocketFailure {
  const code = cause instanceof ConnectionsLost ? 'ECONNRESET' : 'ENETDOWN';
  const message = cause instanceof Error ? cause.message : 'the modem was closed';
  return new SocketFailure(code, message, { cause });
}

/** For what a modem need not know. @throws anything but a refusal */
export function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof AtError && error.refused)) throw error;
}

/** @param refused what a refusal without further word means for this operation */
export function failure(cause: unknown, refused: SocketErrno): unknown {
  if (!(cause instanceof AtError)) return cause;
  return new SocketFailure(errno(cause, refused), cause.message, { cause });
}

function errno(error: AtError, refused: SocketErrno): SocketErrno {
  switch (error.kind) {
    case 'timeout':
      return 'ETIMEDOUT';
    case 'closed':
      return lossOfLine(error.cause).code;
    case 'reply':
      return 'EIO';
    case 'cme':
      return ERRNO_OF_CME[cmeNumber(error.value) ?? -1] ?? refused;
    default:
      return refused;
  }
}
