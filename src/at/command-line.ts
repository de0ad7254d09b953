/** A command line of V.250 taken apart into its commands, and put together again in one canonical form. */

/** One command of a line. A basic command is an action, its number the text: `E0` is E with `0`. */
export interface Call {
  /** In capitals: `+CSQ`, `E`, `&F`, `S3`. */
  readonly name: string;
  readonly form: 'action' | 'set' | 'read' | 'test';
  /** Behind `=`, or the number of a basic command; blanks outside quotes are gone. */
  readonly text: string;
}

const EXTENDED = /^([!#$%*+^][A-Z][A-Z0-9_]*)(?:(=\?)|(\?)|=(.*))?$/is;
const REGISTER = /^S(\d{1,3})(?:(\?)|=(\d{0,3}))/i;
const DIAL = /^D/i;
const BASIC = /^(&?[A-CE-RT-Z])(\d{0,5})/i;

/** What some firmware takes for the end of a text or for a quote in it, and some does not: two readings, so none. */
const AMBIGUOUS = /\\"/;

/**
 * The commands of a line without its `AT`, in their order; undefined where it is not V.250, or could be read in two ways. What
 * is checked is what is to be written: `formatCalls()` of this, never the text itself (reliability.md S4).
 */
export function parseCalls(body: string): Call[] | undefined {
  if (!/^[\x20-\x7e]*$/.test(body) || AMBIGUOUS.test(body)) return undefined;
  const parts = body.split('"');
  if (parts.length % 2 === 0) return undefined;
  let rest = parts.map((part, index) => (index % 2 === 0 ? part.replaceAll(' ', '') : part)).join('"');
  const calls: Call[] = [];
  while (rest !== '') {
    const end = /^[!#$%*+^]/.test(rest) ? endOfExtended(rest) : undefined;
    const found = end === undefined ? basic(rest) : extended(rest.slice(0, end), end);
    if (!found) return undefined;
    calls.push(found.call);
    rest = rest.slice(found.length);
    if (rest.startsWith(';')) rest = rest.slice(1);
  }
  return calls;
}

/** A line without its `AT` that says the same to every firmware. */
export function formatCalls(calls: readonly Call[]): string {
  return calls
    .map((call, index) => (isBasic(call) || index === calls.length - 1 ? format(call) : `${format(call)};`))
    .join('');
}

const isBasic = ({ name }: Call): boolean => /^[&A-Z]/.test(name);

function format({ name, form, text }: Call): string {
  const signs = { action: text, set: `=${text}`, read: '?', test: '=?' };
  return `${name}${signs[form]}`;
}

interface Found {
  readonly call: Call;
  readonly length: number;
}

function basic(rest: string): Found | undefined {
  const register = REGISTER.exec(rest);
  if (register) {
    const [{ length }, number, asked, value = ''] = register;
    return { call: { name: `S${Number(number)}`, form: asked ? 'read' : 'set', text: value }, length };
  }
  // It takes the rest of the line for a number.
  if (DIAL.test(rest))
    return { call: { name: 'D', form: 'action', text: rest.slice(1) }, length: rest.length };
  const found = BASIC.exec(rest);
  if (!found) return undefined;
  const [{ length }, name = '', text = ''] = found;
  return { call: { name: name.toUpperCase(), form: 'action', text }, length };
}

function extended(part: string, length: number): Found | undefined {
  const found = EXTENDED.exec(part);
  if (!found) return undefined;
  const [, name = '', test, read, set] = found;
  const form = test ? 'test' : read ? 'read' : set === undefined ? 'action' : 'set';
  return { call: { name: name.toUpperCase(), form, text: set ?? '' }, length };
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
