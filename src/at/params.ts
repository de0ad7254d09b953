/** Parameter lists of AT lines: parse what a modem says, format what it is told (V.250 5.4.2, 27.007 4). */

/** A quoted or bare text, a whole number, or an omitted place. A list in parentheses stays text. */
export type Param = string | number | undefined;

/**
 * Cuts `1,"a,b",,(0-3),x` into parameters. Commas inside quotes and parentheses do not cut; quotes go and the
 * escapes of V.250 (`\22`, `\5C`) are undone. A bare whole number that fits becomes a number, except where a
 * leading sign or its length makes it something else.
 */
export function parseParams(text: string): Param[] {
  const params: Param[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at <= text.length; at++) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted && char !== undefined) continue;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === undefined || (char === ',' && depth <= 0)) {
      params.push(parseParam(text.slice(start, at).trim()));
      start = at + 1;
      depth = 0;
    }
  }
  return params;
}

function parseParam(text: string): Param {
  if (text === '') return undefined;
  if (text.startsWith('"')) {
    const inner = text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined);
    return inner.replace(/\\([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** An address or name that goes into a command line without quotes, where a dialect wants it so. */
export class Bare {
  readonly text: string;

  constructor(text: string) {
    if (!/^[\w.:-]+$/.test(text))
      throw invalid(JSON.stringify(text), 'cannot stand in an AT command without quotes');
    this.text = text;
  }
}

/**
 * Formats `1,"text",,3`: numbers bare, texts quoted, undefined an empty place.
 * @throws TypeError ERR_INVALID_ARG_VALUE for text that could become part of the command
 */
export function formatParams(params: readonly (Param | Bare)[]): string {
  return params.map(formatParam).join(',');
}

function formatParam(param: Param | Bare): string {
  if (param === undefined) return '';
  if (param instanceof Bare) return param.text;
  if (typeof param === 'string') return `"${checked(param)}"`;
  if (!Number.isSafeInteger(param) || param < 0) throw invalid(String(param), 'is not a whole number');
  return String(param);
}

/**
 * Printable ASCII without quote and backslash. V.250 has escapes for those, but most cellular modems do not
 * honour them, so they are refused. Everything else is refused too, because Node's latin1 encoder keeps only the low byte
 * of a character: U+010D would be written as CR and U+0122 as a quote.
 */
function checked(text: string): string {
  const found = /[^\x20-\x7e]|["\\]/.exec(text)?.[0];
  // The text itself is left out: it may be a secret.
  if (found !== undefined) throw invalid(JSON.stringify(found), 'cannot stand in the text of an AT command');
  return text;
}

function invalid(value: string, why: string): TypeError {
  return Object.assign(new TypeError(`The value ${value} ${why}`), { code: 'ERR_INVALID_ARG_VALUE' });
}
