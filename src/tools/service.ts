/** HOST and PORT of the command line: the service to talk to. */
import { isIP } from 'node:net';
import { type FamilyFlags, familyOf, UsageError } from './options.ts';

export interface Service {
  readonly host: string;
  readonly port: number;
}

/** Undefined if none was given. @throws UsageError */
export function readService(
  host: string | undefined,
  port: number | undefined,
  flags: FamilyFlags,
): Service | undefined {
  if (host === undefined) return undefined;
  if (port === undefined) throw new UsageError(`the port number of ${host} is missing`);
  const literal = isIP(host);
  const wanted = familyOf(flags);
  if (literal && wanted && literal !== wanted) throw new UsageError(`${host} is not IPv${wanted}`);
  return { host, port };
}
