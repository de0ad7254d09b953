/** SmsError: a short message that was not sent, or of which nobody knows. */

/**
 * Refusals that pass (reliability.md F66; 27.005 3.2.5): the network is busy, out of order or not there. All others
 * say the same again: no card, no such number, no right to send.
 */
const PASSING: ReadonlySet<number> = new Set([38, 41, 42, 331, 332, 500]);

export interface SmsErrorOptions {
  /** Of `+CMS ERROR` (27.005 3.2.5). */
  readonly cms?: number;
  /** References of parts that the network has taken. */
  readonly references?: readonly number[];
  readonly cause: unknown;
}

/** `refused`: it did not go out. `unknown`: it may have; whoever sends it again may send it twice (reliability.md F65). */
export class SmsError extends Error {
  override readonly name = 'SmsError';
  readonly kind: 'refused' | 'unknown';
  /** What the modem said, where it was `+CMS ERROR`. */
  readonly cms: number | undefined;
  /** Nothing of it went out, and the reason may pass: sending it later makes sense. */
  readonly again: boolean;
  /** Of the parts that went out before it failed. */
  readonly references: readonly number[];

  constructor(kind: 'refused' | 'unknown', message: string, options: SmsErrorOptions) {
    const { cms, references = [], cause } = options;
    super(message, { cause });
    this.kind = kind;
    this.cms = cms;
    // Without a number the modem itself was not there.
    this.again = kind === 'refused' && references.length === 0 && (cms === undefined || PASSING.has(cms));
    this.references = references;
  }
}
