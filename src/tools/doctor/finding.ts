/** What a check of `atsock doctor` has found: one sentence, and what to do next where something is to be done. */

export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** The next step. */
  readonly advice?: string;
}

export type Report = (finding: Finding) => void;

export const ok = (check: string, text: string): Finding => ({ check, level: 'ok', text });

/** It may work all the same. */
export const warn = (check: string, text: string, advice: string): Finding => ({
  check,
  level: 'warn',
  text,
  advice,
});

/** It cannot work, and what depends on it is not looked at. */
export const fail = (check: string, text: string, advice: string): Finding => ({
  check,
  level: 'fail',
  text,
  advice,
});
