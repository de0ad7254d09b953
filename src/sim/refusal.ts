/** How a simulated command fails, and how its result is spelled under +CMEE and ATV. */

/** Thrown by a command: a final result code, or the number of a +CME ERROR or +CMS ERROR. */
export class Refusal extends Error {
  readonly result: FinalResult;

  constructor(result: FinalResult) {
    super(typeof result === 'string' ? result : JSON.stringify(result));
    this.result = result;
  }
}

export type FinalResult = 'OK' | 'ERROR' | 'NO CARRIER' | 'CONNECT' | number | { readonly cms: number };

/** 27.007 9.2. 4 is what the socket commands give in a wrong state (sequans.md 1.4). */
export const cme = {
  notAllowed: 3,
  notSupported: 4,
  simPinRequired: 11,
  simPukRequired: 12,
  incorrectPassword: 16,
  noNetworkService: 30,
  incorrectParameters: 50,
  lastPdn: 171,
} as const;

const texts = new Map<number, string>([
  [cme.notAllowed, 'operation not allowed'],
  [cme.notSupported, 'operation not supported'],
  [cme.simPinRequired, 'SIM PIN required'],
  [cme.simPukRequired, 'SIM PUK required'],
  [cme.incorrectPassword, 'incorrect password'],
  [cme.noNetworkService, 'no network service'],
  [cme.incorrectParameters, 'incorrect parameters'],
  [cme.lastPdn, 'last PDN disconnection not allowed'],
]);

/** V.250 5.7.1. */
const digits = { OK: '0', CONNECT: '1', 'NO CARRIER': '3', ERROR: '4' } as const;

/**
 * The result as it goes over the line. The codes of 27.007 are text even with ATV0 (at-generic.md 2); that of 27.005
 * does not ask for +CMEE.
 */
export function formatResult(result: FinalResult, verbose: boolean, errorMode: number): string {
  if (typeof result === 'object') return formatLine(`+CMS ERROR: ${result.cms}`, verbose);
  if (typeof result === 'number' && errorMode !== 0) {
    const what = errorMode === 1 ? String(result) : (texts.get(result) ?? 'unknown');
    return formatLine(`+CME ERROR: ${what}`, verbose);
  }
  const code = typeof result === 'number' ? 'ERROR' : result;
  return verbose ? formatLine(code, true) : `${digits[code]}\r`;
}

/** An information line. */
export function formatLine(text: string, verbose: boolean): string {
  return verbose ? `\r\n${text}\r\n` : `${text}\r\n`;
}
