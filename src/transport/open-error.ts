/** Errors of opening and losing a line: one sentence that names the port, with Node's `code`. */

export interface CodedError extends Error {
  readonly code: string;
}

export function codedError(code: string, message: string, cause?: unknown): CodedError {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });
}

/** The `code` of a system error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What Node's own functions reject with when their signal aborts. */
export function abortError(name: string, signal: AbortSignal): CodedError {
  const error = codedError('ABORT_ERR', `Opening ${name} was aborted`, signal.reason);
  error.name = 'AbortError';
  return error;
}
