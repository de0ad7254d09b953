/** Command lines of V.250: the body behind AT, cut into the commands that are joined in it. */
import { Refusal } from './refusal.ts';

/** One command of a line. A basic command is an action, its number the text: `E0` is E with `0`. */
export interface Call {
  readonly name: string;
  readonly form: 'action' | 'set' | 'read' | 'test';
  readonly text: string;
}

const EXTENDED = /^([!#$%&*+^][A-Za-z0-9]*)(?:(=\?)|(\?)|=(.*))?$/s;
const REGISTER = /^S(\d+)(?:(\?)|=(\d*))/i;
const BASIC = /^(&?[A-CE-Z])(\d*)/i;

/** What follows the first AT or at, both letters alike; anything before is ignored. undefined: no command. */
export function commandBody(line: string): string | undefined {
  const start = line.search(/AT|at/);
  return start < 0 ? undefined : line.slice(start + 2);
}

/**
 * The commands in the order of their execution. Lazily: the ones before a syntax error are still executed.
 * @throws Refusal ERROR where the body is not V.250
 */
export function* splitBody(body: string): Generator<Call> {
  let rest = withoutBlanks(body);
  while (rest !== '') {
    if (/^[!#$%*+^]/.test(rest)) {
      const end = endOfExtended(rest);
      yield extended(rest.slice(0, end));
      rest = rest.slice(end + 1);
      continue;
    }
    const register = REGISTER.exec(rest);
    const found = register ?? BASIC.exec(rest);
    if (!found) throw new Refusal('ERROR');
    if (register) {
      yield { name: `S${Number(register[1])}`, form: register[2] ? 'read' : 'set', text: register[3] ?? '' };
    } else {
      yield { name: (found[1] ?? '').toUpperCase(), form: 'action', text: found[2] ?? '' };
    }
    rest = rest.slice(found[0].length);
    if (rest.startsWith(';')) rest = rest.slice(1);
  }
}

function extended(text: string): Call {
  const [, name = '', test, read, set] = EXTENDED.exec(text) ?? [];
  if (name === '') throw new Refusal('ERROR');
  const form = test ? 'test' : read ? 'read' : set === undefined ? 'action' : 'set';
  return { name: name.toUpperCase(), form, text: set ?? '' };
}

/** The semicolon outside quotes that ends an extended command, or the end. */
function endOfExtended(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === ';' && !quoted) return at;
  }
  return text.length;
}

/** Blanks and control characters mean nothing outside quotes (V.250 5.2.1). */
function withoutBlanks(body: string): string {
  return body
    .split('"')
    .map((part, index) => (index % 2 === 0 ? part.replace(/[\x00-\x20\x7f]/g, '') : part))
    .join('"');
}
