/** Errors as `node:dns` raises them. */
import { DnsFailure } from '../dns/dns-failure.ts';
import { SocketFailure } from '../driver/socket-failure.ts';

/** libuv's numbers for what getaddrinfo and the address parser say; codes of c-ares have none. */
const ERRNO: Readonly<Record<string, number>> = { ENOTFOUND: -3008, EAI_AGAIN: -3001, EINVAL: -22 };

/** `queryA ENOTFOUND name`. */
export function resolveError(cause: unknown, syscall: string, hostname: string): NodeJS.ErrnoException {
  const code = cause instanceof DnsFailure ? cause.code : 'ECONNREFUSED';
  return dnsError({ code, syscall, hostname, cause });
}

/** `getaddrinfo ENOTFOUND name`, with libuv's number. */
export const systemDnsError = (
  code: 'ENOTFOUND' | 'EAI_AGAIN' | 'EINVAL',
  syscall: string,
  hostname: string,
  cause?: unknown,
): NodeJS.ErrnoException => dnsError({ code, errno: ERRNO[code], syscall, hostname, cause });

function dnsError(what: {
  readonly code: string;
  readonly errno?: number | undefined;
  readonly syscall: string;
  readonly hostname: string;
  readonly cause: unknown;
}): NodeJS.ErrnoException {
  const { code, errno, syscall, hostname, cause } = what;
  const headline = `${syscall} ${code}${hostname ? ` ${hostname}` : ''}`;
  const error = new Error(headline + holders(cause), cause === undefined ? undefined : { cause });
  return Object.assign(error, { errno, code, syscall }, hostname && { hostname });
}

/** A modem has so few connections that a program needs to hear how many, and who holds them. */
function holders(cause: unknown): string {
  const { cause: deeper, message } = (cause ?? {}) as Partial<Error>;
  if (cause instanceof SocketFailure && cause.code === 'EMFILE') return ` (${message})`;
  return deeper === undefined ? '' : holders(deeper);
}
