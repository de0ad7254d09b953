/** HOST:PORT of the command line: where a service waits for its clients, or is to be found. */
import { UsageError } from './options.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** @throws UsageError */
export function readPlace(text: string): Place {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535)
    throw new UsageError(`${text}: write HOST:PORT, such as 127.0.0.1:5000 or [::1]:0`);
  return { host, port: Number(port) };
}

/** As it stands in a URL. */
export const placeText = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;
