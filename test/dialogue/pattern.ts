/** Patterns: the bytes of one step, with places that may vary; written out, or compared with what is heard. */
import { quote } from '../../src/util/quote.ts';

/** `{peer:7}`: a value that may vary, the same throughout a dialogue. */
export interface Variable {
  readonly name: string;
  readonly initial: string;
}

export type Pattern = readonly (Buffer | Variable)[];

/** What the variables of a dialogue stand for; one without a value is free. */
export type Values = Map<string, string>;

/** The bytes of a pattern. A free variable gets its initial value, and keeps it. */
export function writeOut(pattern: Pattern, values: Values): Buffer {
  return Buffer.concat(
    pattern.map(part => {
      if (Buffer.isBuffer(part)) return part;
      const value = values.get(part.name) ?? part.initial;
      values.set(part.name, value);
      return Buffer.from(value, 'latin1');
    }),
  );
}

/** How a pattern reads in a message: known values filled in, free ones as `{name}`. */
export function describePattern(pattern: Pattern, values: Values): string {
  return pattern
    .map(part => (Buffer.isBuffer(part) ? quote(part) : (values.get(part.name) ?? `{${part.name}}`)))
    .join('');
}

/**
 * Compares the start of `input` with a pattern: its length if they agree (free variables are then bound), 'more'
 * if they agree so far, 'different' from the first wrong byte on.
 */
export function compare(pattern: Pattern, input: Buffer, values: Values): number | 'more' | 'different' {
  const heard = new Map(values);
  let at = 0;
  for (const part of pattern) {
    const value = Buffer.isBuffer(part) ? undefined : heard.get(part.name);
    const known = Buffer.isBuffer(part) ? part : value !== undefined && Buffer.from(value, 'latin1');
    if (known) {
      const here = input.subarray(at, at + known.length);
      if (!here.equals(known.subarray(0, here.length))) return 'different';
      if (here.length < known.length) return 'more';
      at += known.length;
    } else if (!Buffer.isBuffer(part)) {
      const found = freeValue(part, input.toString('latin1', at));
      at += found.length;
      if (at === input.length) return 'more';
      if (found === '') return 'different';
      heard.set(part.name, found);
    }
  }
  for (const [name, value] of heard) values.set(name, value);
  return at;
}

/**
 * A number stands for any number; a text for anything without quote, comma, `=`, `?` and line end; a text with its
 * quotes for one with or without them.
 */
function freeValue({ initial }: Variable, text: string): string {
  const bare = /^\d+$/.test(initial) ? /^\d*/ : /^[^",=?\r\n]*/;
  const shape = initial.startsWith('"') ? /^(?:"[^"\r\n]*"?|[^",=?\r\n]*)/ : bare;
  return shape.exec(text)?.[0] ?? '';
}
