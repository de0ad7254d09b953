/** What is around a simulated modem and outlives its restarts: coverage, addresses, and what ails it. */

/** none: no signal. signal: but the network does not take it. */
export type Coverage = 'full' | 'signal' | 'none';

/** What heals it: the line opened anew, the radio off and on, a restart, or nothing. */
export type Cure = 'reopen' | 'radio' | 'reset' | 'never';

const CURES: readonly Cure[] = ['reopen', 'radio', 'reset', 'never'];

export class Air {
  /** It hears nothing. */
  deaf = false;
  coverage: Coverage = 'full';
  /** The network gives no PDP context. */
  withholdsContexts = false;
  /** How often the network has given other addresses. */
  renumbered = 0;
  #cure: Cure = 'never';

  /** Deaf at first; where more than reopening is needed, without registration from then on. */
  hang(cure: Cure): void {
    this.deaf = true;
    this.#cure = cure;
  }

  /** Registration is refused, in spite of signal. */
  reject(cure: Cure): void {
    this.coverage = 'signal';
    this.#cure = cure;
  }

  treat(treatment: Cure): void {
    if (this.deaf && this.#cure !== 'never') {
      this.deaf = false;
      if (this.#cure !== 'reopen') this.coverage = 'signal';
    }
    if (this.coverage === 'signal' && CURES.indexOf(treatment) >= CURES.indexOf(this.#cure))
      this.coverage = 'full';
  }
}
