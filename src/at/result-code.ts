/** Final result codes, and the names of CME error numbers (V.250 5.7, 27.007 9). */

/**
 * error, cme, cms, other: the modem refused. timeout: it said nothing in time. reply: what it said makes no sense.
 * closed: the line went away first. After the last three it is unknown whether the command was carried out.
 */
export type AtErrorKind = 'error' | 'cme' | 'cms' | 'other' | 'timeout' | 'closed' | 'reply';

export interface Failure {
  readonly kind: AtErrorKind;
  /** What the modem said after the colon, or the whole line. */
  readonly value: string;
}

/** What a line means as a final result code: 'ok', a failure, or undefined if it is none. */
export function finalResult(
  line: string,
  finals: { readonly ok?: readonly string[]; readonly failed?: readonly string[] } = {},
): 'ok' | Failure | undefined {
  if (line === 'OK' || finals.ok?.includes(line)) return 'ok';
  if (line === 'ERROR') return { kind: 'error', value: line };
  const extended = /^\+(CME|CMS) ERROR(?::\s*(.*))?$/.exec(line);
  if (extended) return { kind: extended[1] === 'CME' ? 'cme' : 'cms', value: extended[2] ?? '' };
  if (finals.failed?.includes(line)) return { kind: 'other', value: line };
  return undefined;
}

/** Names of the +CME ERROR numbers that matter to sockets, registration and SIM, as `AT+CMEE=2` would print them. */
const CME_NAMES: Readonly<Record<number, string>> = {
  0: 'phone failure',
  1: 'no connection to phone',
  3: 'operation not allowed',
  4: 'operation not supported',
  5: 'PH-SIM PIN required',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  15: 'SIM wrong',
  16: 'incorrect password',
  17: 'SIM PIN2 required',
  18: 'SIM PUK2 required',
  20: 'memory full',
  21: 'invalid index',
  22: 'not found',
  23: 'memory failure',
  24: 'text string too long',
  25: 'invalid characters in text string',
  26: 'dial string too long',
  27: 'invalid characters in dial string',
  30: 'no network service',
  31: 'network timeout',
  32: 'network not allowed - emergency calls only',
  50: 'incorrect parameters',
  60: 'system failure',
  100: 'unknown',
  103: 'illegal MS',
  106: 'illegal ME',
  107: 'GPRS services not allowed',
  111: 'PLMN not allowed',
  112: 'location area not allowed',
  113: 'roaming not allowed in this location area',
  132: 'service option not supported',
  133: 'requested service option not subscribed',
  134: 'service option temporarily out of order',
  148: 'unspecified GPRS error',
  149: 'PDP authentication failure',
  171: 'last PDN disconnection not allowed',
};

/** The number of a +CME ERROR, whether the modem gave number or name (`AT+CMEE=1` or `=2`); undefined if unknown. */
export function cmeNumber(value = ''): number | undefined {
  if (/^\d+$/.test(value)) return Number(value);
  const name = value.toLowerCase();
  const found = Object.entries(CME_NAMES).find(([, known]) => known.toLowerCase() === name);
  return found && Number(found[0]);
}

/** `50 (incorrect parameters)`: a value for people. */
export function describeCme(value: string): string {
  const name = /^\d+$/.test(value) ? CME_NAMES[Number(value)] : undefined;
  return name ? `${value} (${name})` : value;
}
