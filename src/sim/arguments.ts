/** Parameters of a set command, taken one by one and checked strictly: whatever is wrong is CME 50. */
import { cme, Refusal } from './refusal.ts';

export interface Argument {
  readonly text: string;
  readonly quoted: boolean;
}

export class Arguments {
  readonly #text: string;
  #cut: readonly (Argument | undefined)[] | undefined;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Cut when the command first looks: how it refuses what cannot be cut is its own affair. */
  get #items(): readonly (Argument | undefined)[] {
    this.#cut ??= this.#text === '' ? [] : cut(this.#text);
    return this.#cut;
  }

  get count(): number {
    return this.#items.length;
  }

  /** A number without quotes. An omitted one is `fallback`, or wrong if there is none. */
  integer(min: number, max: number, fallback?: number): number {
    const value = this.#number(fallback);
    if (value < min || value > max) throw incorrect();
    return value;
  }

  /** A number without quotes, or nothing. */
  optionalInteger(min: number, max: number): number | undefined {
    if (this.#items[this.#next] !== undefined) return this.integer(min, max);
    this.#next++;
    return undefined;
  }

  /** A number out of a list. */
  choice<T extends number>(values: readonly T[], fallback?: T): T {
    const value = this.#number(fallback);
    const found = values.find(one => one === value);
    if (found === undefined) throw incorrect();
    return found;
  }

  /** A text in quotes. */
  quoted(fallback?: string): string {
    const item = this.#take();
    if (item?.quoted) return item.text;
    if (item === undefined && fallback !== undefined) return fallback;
    throw incorrect();
  }

  /** A text with or without quotes. */
  word(): Argument {
    const item = this.#take();
    if (item === undefined) throw incorrect();
    return item;
  }

  /** What comes next, if anything does. It is not taken. */
  get next(): Argument | undefined {
    return this.#items[this.#next];
  }

  /** What is left, as it was written. */
  rest(): string[] {
    const left = this.#items.slice(this.#next);
    this.#next = this.#items.length;
    return left.map(item => (item?.quoted ? `"${item.text}"` : (item?.text ?? '')));
  }

  /** Every command calls it last: what it did not ask for is too much. */
  end(): void {
    if (this.#next < this.#items.length) throw incorrect();
  }

  #number(fallback: number | undefined): number {
    const item = this.#take();
    if (item === undefined) {
      if (fallback === undefined) throw incorrect();
      return fallback;
    }
    if (item.quoted || !/^\d{1,15}$/.test(item.text)) throw incorrect();
    return Number(item.text);
  }

  #take(): Argument | undefined {
    return this.#items[this.#next++];
  }
}

function incorrect(): Refusal {
  return new Refusal(cme.incorrectParameters);
}

const ITEM = /(?:"([^"]*)"|([^",]*))(,|$)/y;

function cut(text: string): (Argument | undefined)[] {
  const items: (Argument | undefined)[] = [];
  ITEM.lastIndex = 0;
  for (;;) {
    const found = ITEM.exec(text);
    if (!found) throw incorrect();
    const [, quoted, bare, end] = found;
    items.push(
      quoted !== undefined
        ? { text: quoted, quoted: true }
        : bare
          ? { text: bare, quoted: false }
          : undefined,
    );
    if (end === '') return items;
  }
}
