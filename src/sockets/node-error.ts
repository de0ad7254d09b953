/** Errors with Node's own codes, names and messages: what wrong arguments and wrong states raise. */
import { inspect } from 'node:util';

/** As Node writes it: `TypeError [ERR_X]: message`, with `code`. */
export function nodeError(
  Base: ErrorConstructor | TypeErrorConstructor | RangeErrorConstructor,
  code: string,
  message: string,
  name = Base.name,
): Error & { readonly code: string } {
  const error = Object.assign(new Base(message), { code });
  const headline = `${name} [${code}]: ${message}`;
  error.stack = error.stack?.replace(/^\w+/, `${name} [${code}]`) ?? headline;
  const hidden = { configurable: true, writable: true };
  if (name !== Base.name) Object.defineProperty(error, 'name', { value: name, ...hidden });
  return Object.defineProperty(error, 'toString', { value: () => headline, ...hidden });
}

/** @param wanted "of type string", "an instance of AbortSignal" … */
export function invalidArgumentType(name: string, wanted: string, value: unknown): Error {
  const what = name.includes('.') ? 'property' : 'argument';
  return nodeError(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" ${what} must be ${wanted}. Received ${describe(value)}`,
  );
}

/** How Node's messages name a value: `type number (1)`, `an instance of Object`, `undefined`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  // A long string is cut before it is quoted, anything else after.
  if (typeof value === 'string') return `type string (${inspect(shorten(value))})`;
  return `type ${typeof value} (${shorten(inspect(value))})`;
}

const shorten = (text: string): string => (text.length > 28 ? `${text.slice(0, 25)}...` : text);
