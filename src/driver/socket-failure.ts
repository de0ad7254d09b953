/** SocketFailure: what a driver raises, in the errno names of Node. */

/** The codes of Node that sockets over a modem can fail with. */
export type SocketErrno =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EAFNOSUPPORT'
  | 'EAI_AGAIN'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EIO'
  | 'EMFILE'
  | 'EMSGSIZE'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'ENOTCONN'
  | 'ENOTFOUND'
  | 'EOPNOTSUPP'
  | 'EPIPE'
  | 'ETIMEDOUT';

/** A socket operation failed. `cause` holds the AtError with the modem's own words. */
export class SocketFailure extends Error {
  override readonly name = 'SocketFailure';
  /** As in errors of Node. */
  readonly code: SocketErrno;

  constructor(code: SocketErrno, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
