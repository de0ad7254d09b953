/** Which options both sides have agreed on: RFC 1143 for one that never takes back what it asked for. */
import type { Verb } from './protocol.ts';

/** Whose option it is: ours is agreed on with WILL from here and DO from there. */
export type Side = 'ours' | 'theirs';

export interface OptionRules {
  /** Those that are agreed to when the peer asks. All others are refused. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  send(verb: Verb, option: number): void;
}

const WORDS = { ours: { on: 'will', off: 'wont' }, theirs: { on: 'do', off: 'dont' } } as const;

export class TelnetOptions {
  readonly #rules: OptionRules;
  /** An option that is not here is off. */
  readonly #states = { ours: new Map<number, 'asked' | 'on'>(), theirs: new Map<number, 'asked' | 'on'>() };

  constructor(rules: OptionRules) {
    this.#rules = rules;
  }

  isOn(side: Side, option: number): boolean {
    return this.#states[side].get(option) === 'on';
  }

  /** Asks the peer, unless that was done or the option is on. */
  ask(side: Side, option: number): void {
    if (this.#states[side].has(option)) return;
    this.#states[side].set(option, 'asked');
    this.#rules.send(WORDS[side].on, option);
  }

  /** Answers what changes something, and never an answer: so two of these cannot talk for ever. */
  receive(verb: Verb, option: number): void {
    const side = verb === 'do' || verb === 'dont' ? 'ours' : 'theirs';
    const state = this.#states[side].get(option);
    if (verb === 'do' || verb === 'will') {
      const agreed = state !== undefined || this.#rules[side].includes(option);
      if (agreed) this.#states[side].set(option, 'on');
      if (!state) this.#rules.send(WORDS[side][agreed ? 'on' : 'off'], option);
    } else {
      this.#states[side].delete(option);
      if (state === 'on') this.#rules.send(WORDS[side].off, option);
    }
  }
}
