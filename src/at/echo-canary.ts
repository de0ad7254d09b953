/** A canary for restarts without a word (reliability.md F38): echo was switched off, and is on again. */

export class EchoCanary {
  /** In doubt, the next command tells: off is what was asked for, and not what was seen. */
  #echo: 'unknown' | 'doubtful' | 'off' = 'unknown';

  /** A command has got its answer. @param echoed the modem has repeated its line */
  answered(line: string, echoed: boolean): void {
    if (line === 'E0') this.#echo = 'doubtful';
    else if (this.#echo === 'unknown') return;
    // Other basic commands may switch it on, or put back what was stored; not so the S registers.
    else if (!/^(?:[+^*#%$!&]\w{2}|S\d)/.test(line)) this.#echo = 'doubtful';
    else if (!echoed) this.#echo = 'off';
  }

  /** What an echo means now. */
  get isRestart(): boolean {
    return this.#echo === 'off';
  }
}
