/** What the host may write (I5, I9): one command at a time, a payload where it was asked for, ESC. */
import type { Saying } from '../../src/sim/saying.ts';

/** A probe of a fence may follow so soon; a command only behind the answer to the one before. */
const PROBE =
  /^(?:\x1b)?AT(?:S10\?S10=\d+S10\?|S10=\d+|(?:;?\+(?:CMEE|CGDCONT|CGATT|CPIN|COPS|CFUN)\?)+|Q0V1E0)?\r$/;
const COMMAND = /^(?:\x1b)?AT[\x20-\x7e]*\r$/;
/** Without an answer, nothing more may be written for so long. */
const SHORTEST_LIMIT_MS = 1_000;

export class HostGrammar {
  readonly violations: string[] = [];
  /** The connection that the last command was about. */
  lastId = 1;
  readonly #now: () => number;
  #line = '';
  #prompted = false;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #answered = true;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A fresh line. */
  reset(): void {
    this.#prompted = false;
    this.#answered = true;
  }

  /** The modem has forgotten what it was asked, though the host may not know. */
  rebooted(): void {
    this.#answered = true;
  }

  /** What the modem really said, as it goes out. */
  heard({ kind }: Saying): void {
    if (kind === 'result') this.#answered = true;
    if (kind === 'prompt') this.#prompted = true;
  }

  /** True for a payload. */
  written(chunk: Buffer): boolean {
    if (this.#prompted && this.#isPayload(chunk)) {
      this.#prompted = false;
      return true;
    }
    const text = chunk.toString('latin1');
    if (COMMAND.test(text)) this.#command(text);
    else if (text !== '\x1b' && text !== '+++')
      this.violations.push(`I9: wrote ${JSON.stringify(text.slice(0, 80))}`);
    return false;
  }

  #isPayload(chunk: Buffer): boolean {
    const [, sequans, fixed, variable] =
      /^AT\+(?:SQNSSENDEXT=\d+,(\d+)|QFWDP?SEND=\d+,(?:0,(\d+)|(1)))/.exec(this.#line) ?? [];
    if (variable) return /^[\dA-F]*\x1a$/.test(chunk.toString('latin1'));
    return chunk.length === Number(sequans ?? fixed);
  }

  #command(text: string): void {
    const since = this.#now() - this.#writtenAt;
    if (!this.#answered && since < SHORTEST_LIMIT_MS && !PROBE.test(text))
      this.violations.push(`I5: ${JSON.stringify(text)} ${since} ms after ${JSON.stringify(this.#line)}`);
    this.#line = text;
    this.#writtenAt = this.#now();
    this.#answered = false;
    this.#prompted = false;
    const [, id] = /^AT\+(?:SQNS|QFWD)\w+=(\d+)/.exec(text) ?? [];
    if (id) this.lastId = Number(id);
  }
}
