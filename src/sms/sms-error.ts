/** SmsError: a short message that was not sent, or of which nobody knows. */
import { AtError } from '../at/at-error.ts';

/** Numbers of `+CMS ERROR` (27.005 3.2.5, 24.011 E.2), and whether the same message may be taken later (reliability.md F66). */
const MEANINGS: Readonly<Record<number, readonly [name: string, passes?: true]>> = {
  1: ['unassigned number'],
  8: ['barred by the operator'],
  10: ['call barred'],
  21: ['transfer rejected'],
  27: ['destination out of service'],
  28: ['unidentified subscriber'],
  29: ['facility rejected'],
  30: ['unknown subscriber'],
  38: ['network out of order', true],
  41: ['temporary failure', true],
  42: ['congestion', true],
  50: ['facility not subscribed'],
  69: ['facility not implemented'],
  300: ['failure of the modem'],
  301: ['service reserved'],
  302: ['operation not allowed'],
  303: ['operation not supported'],
  304: ['invalid PDU'],
  305: ['invalid text'],
  310: ['SIM not inserted'],
  311: ['SIM PIN required'],
  313: ['SIM failure'],
  316: ['SIM PUK required'],
  330: ['no number of a service centre'],
  331: ['no network service', true],
  332: ['network timeout', true],
  500: ['unknown error', true],
};

/** `refused`: it did not go out. `unknown`: it may have; whoever sends it again may send it twice (reliability.md F65). */
export class SmsError extends Error {
  override readonly name = 'SmsError';
  readonly kind: 'refused' | 'unknown';
  /** The number of `+CMS ERROR`, where the modem said that. */
  readonly cms: number | undefined;
  /** Nothing of it went out, and the reason may pass: sending it later makes sense. */
  readonly again: boolean;
  /** Of the parts that went out before it failed. */
  readonly references: readonly number[];

  /** @param cause of an attempt for which the modem was told to send, or of what went wrong before */
  constructor(cause: unknown, wasTold: boolean, references: readonly number[] = []) {
    const isUnknown = wasTold && !(cause instanceof AtError && cause.refused);
    super(describe(cause, isUnknown, references.length), { cause });
    this.kind = isUnknown ? 'unknown' : 'refused';
    this.cms = cmsNumber(cause);
    this.again = references.length === 0 && !isUnknown && passes(cause);
    this.references = references;
  }
}

/** What is no answer at all, such as a modem that is being recovered, passes; an answer without a number does not. */
export function passes(cause: unknown): boolean {
  if (!(cause instanceof AtError && cause.refused)) return !(cause instanceof RangeError);
  return MEANINGS[cmsNumber(cause) ?? 0]?.[1] ?? false;
}

const cmsNumber = (cause: unknown): number | undefined =>
  cause instanceof AtError && cause.kind === 'cms' && /^\d+$/.test(cause.value ?? '')
    ? Number(cause.value)
    : undefined;

function describe(cause: unknown, isUnknown: boolean, before: number): string {
  const parts = before > 0 ? `${before} parts of the message went out, then ` : '';
  const what = isUnknown ? 'nobody knows whether it was sent' : 'it was not sent';
  const name = MEANINGS[cmsNumber(cause) ?? 0]?.[0];
  const why = cause instanceof Error ? cause.message : String(cause);
  return `${parts}${what}: ${why}${name ? ` (${name})` : ''}`;
}
