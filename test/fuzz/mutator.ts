/** Structure-aware mutation: what a modem says, with other numbers, in other order, or as some dialogue has it. */
import type { Saying } from '../../src/sim/saying.ts';
import type { Random } from '../../src/util/random.ts';
import { pick } from '../faults/fault.ts';
import { payloadStart } from '../faults/forms.ts';
import { allSaid, type Dialect } from './corpus.ts';

/** One saying in so many is mutated. */
const EVERY = 8;
const NUMBERS = ['-1', '0', '1', '7', '99', '1501', '65536', '2147483648', '9'.repeat(40), '', '"1"', 'x'];

export class Mutator {
  /** How many sayings were mutated. */
  struck = 0;
  readonly #random: Random;
  /** Every line that a modem of this dialect says in the dialogues. */
  readonly #lines: readonly string[];
  /** Numbers said lately, among which are the ids in use. */
  readonly #numbers = [...NUMBERS];

  constructor({ dialogues }: Dialect, random: Random) {
    this.#random = random;
    this.#lines = dialogues
      .flatMap(dialogue =>
        allSaid(dialogue)
          .toString('latin1')
          .split(/[\r\n]+/),
      )
      // Nothing is proved by a modem that says that it has restarted.
      .filter(line => line !== '' && !/SYSSTART|RDY|POWER/.test(line));
  }

  /** The payload of data stays as it is, or is lost as a whole. */
  mutate({ kind, bytes }: Saying): Buffer {
    const start = kind === 'data' ? payloadStart(bytes) : bytes.length;
    const head = bytes.toString('latin1', 0, start);
    this.#learn(head);
    if (kind === 'echo' || this.#random(EVERY) > 0) return bytes;
    this.struck++;
    return Buffer.concat(
      this.#mutated(head, bytes.subarray(start)).map(part =>
        typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
      ),
    );
  }

  #mutated(head: string, payload: Buffer): (string | Buffer)[] {
    const at = this.#random(head.length);
    switch (this.#random(8)) {
      case 0:
        return [this.#renumbered(head), payload];
      case 1:
        return [head, payload, head, payload];
      case 2:
        return [];
      case 3:
        return [this.#foreign(), head, payload];
      case 4:
        return [head, payload, this.#foreign()];
      case 5:
        return [this.#foreign()];
      case 6:
        return [head.slice(0, at)];
      default:
        return [head.slice(0, at), String.fromCharCode(32 + this.#random(95)), head.slice(at + 1), payload];
    }
  }

  /** A line from the dialogues, mostly about something that is really there. */
  #foreign(): string {
    const line = pick(this.#lines, this.#random);
    return `\r\n${this.#random(3) === 0 ? line : this.#renumbered(line)}\r\n`;
  }

  #renumbered(text: string): string {
    const numbers = [...text.matchAll(/\d+/g)];
    const chosen = numbers[this.#random(Math.max(1, numbers.length))];
    if (!chosen) return text;
    const { index, 0: number } = chosen;
    return text.slice(0, index) + pick(this.#numbers, this.#random) + text.slice(index + number.length);
  }

  #learn(text: string): void {
    for (const [number] of text.matchAll(/\d+/g)) {
      if (this.#numbers.includes(number)) continue;
      if (this.#numbers.length === 2 * NUMBERS.length) this.#numbers.splice(NUMBERS.length, 1);
      this.#numbers.push(number);
    }
  }
}
