/** What the command line prints: data on standard output, everything else on standard error. */

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line on standard error. */
export function complain(message: string): void {
  process.stderr.write(`atsock: ${message.trim().replace(/\s*\n\s*/g, ' ')}\n`);
}

/** An error and what caused it, as far as that says something new. */
export function complainOf(error: unknown): void {
  complain(textOf(error) || String(error));
}

function textOf(error: unknown): string {
  // Several addresses of a name were tried: no message of its own.
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  let text = '';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!text.includes(cause.message)) text += `${text && ': '}${cause.message}`;
  }
  return text;
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Name and value in two columns; values that are not known are left out. */
export function printTable(rows: Readonly<Record<string, string | number | undefined>>): void {
  const known = Object.entries(rows).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...known.map(([name]) => name.length));
  for (const [name, value] of known) print(`${name.padEnd(width)}  ${value}`);
}

/** An array whose elements are printed as they come, one per line, commas first; whole after `end()`. */
export class JsonArray {
  #empty = true;

  add(element: unknown): void {
    print(`${this.#empty ? '[' : ','}${JSON.stringify(element)}`);
    this.#empty = false;
  }

  end(): void {
    print(this.#empty ? '[]' : ']');
  }
}

/** The text of a payload, or undefined if it is not UTF-8 or could do things to a terminal. */
export function printableText(data: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
    return /[^\P{C}\t\r\n\u200d]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Lines of a modem are bytes; what could do things to a terminal is spelled out. */
export function visible(line: string): string {
  return line.replace(/[\0-\x1f\x7f-\x9f]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
