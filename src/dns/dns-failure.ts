/** DnsFailure: why a name has no answer, in the codes of c-ares, which are those of Node. */

export type DnsCode =
  | 'ENODATA'
  | 'EFORMERR'
  | 'ESERVFAIL'
  | 'ENOTFOUND'
  | 'ENOTIMP'
  | 'EREFUSED'
  | 'EBADNAME'
  | 'EBADRESP'
  | 'ECONNREFUSED'
  | 'ETIMEOUT'
  | 'ECANCELLED';

/** A query failed. `cause` is a SocketFailure where the modem could not carry it. */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure';
  readonly code: DnsCode;

  constructor(code: DnsCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The modem cannot carry the question, whoever it goes to. */
export const unreachable = (cause: unknown): DnsFailure =>
  new DnsFailure('ECONNREFUSED', `no name server can be reached: ${(cause as Error).message}`, { cause });
