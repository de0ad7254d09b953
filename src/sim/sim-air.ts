/** What is around a simulated modem and outlives its restarts: coverage, addresses, and what ails it. */

/** none: no signal. signal: but the network does not take it. */
export type Coverage = 'full' | 'signal' | 'none';

/** What heals it: the line opened anew, the radio off and on, a restart, its USB device reset, its power off and on, or nothing. */
export type Cure = 'reopen' | 'radio' | 'reset' | 'usb' | 'power' | 'never';

const CURES: readonly Cure[] = ['reopen', 'radio', 'reset', 'usb', 'power', 'never'];

export class Air {
  /** It hears nothing. */
  deaf = false;
  coverage: Coverage = 'full';
  /** The network gives no PDP context. */
  withholdsContexts = false;
  /** How often the network has given other addresses. */
  renumbered = 0;
  #cure: Cure = 'never';
  /** From when on it hears again. */
  #hearing: Cure = 'never';

  /** Deaf at first; where more than reopening is needed, without registration from then on. */
  hang(cure: Cure): void {
    this.deaf = true;
    this.#hearing = cure === 'never' ? cure : 'reopen';
    this.#cure = cure;
  }

  /** Deaf until then, and well afterwards. */
  silence(cure: Cure): void {
    this.deaf = true;
    this.#hearing = cure;
    this.#cure = cure;
  }

  /** Registration is refused, in spite of signal. */
  reject(cure: Cure): void {
    this.coverage = 'signal';
    this.#cure = cure;
  }

  treat(treatment: Cure): void {
    const reaches = (cure: Cure): boolean => CURES.indexOf(treatment) >= CURES.indexOf(cure);
    if (this.deaf && reaches(this.#hearing)) {
      this.deaf = false;
      if (!reaches(this.#cure)) this.coverage = 'signal';
    }
    if (this.coverage === 'signal' && reaches(this.#cure)) this.coverage = 'full';
  }
}
