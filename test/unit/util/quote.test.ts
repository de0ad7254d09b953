/** quote and unquote: every byte has one printable form and comes back from it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote, unquote } from '../../../src/util/quote.ts';

test.each([
  ['AT+CSQ', 'AT+CSQ'],
  ['\r\nOK\r\n', '\\r\\nOK\\r\\n'],
  ['\r\n> ', '\\r\\n>\\x20'],
  [' ', '\\x20'],
  ['  a b  ', '\\x20 a b \\x20'],
  ['back\\slash', 'back\\\\slash'],
  ['{"a":1}', '\\x7b"a":1}'],
  ['\x00\x1a\x1b\x7f\xe9\xff', '\\x00\\x1a\\x1b\\x7f\\xe9\\xff'],
  ['', ''],
])('%j is written %s', (text, quoted) => {
  const bytes = Buffer.from(text, 'latin1');
  expect(quote(bytes)).toBe(quoted);
  expect(unquote(quoted)).toEqual(bytes);
});

test('any bytes come back, from printable text without spaces at its ends (seed 1)', () => {
  const anyBytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(anyBytes, bytes => {
      const quoted = quote(bytes);
      expect(quoted).toMatch(/^[ -~]*$/);
      expect(quoted.trim()).toBe(quoted);
      expect(unquote(quoted)).toEqual(Buffer.from(bytes));
    }),
    { seed: 1 },
  );
});

test('unquote takes either case, and latin1 as it stands', () => {
  expect(unquote('\\xAb\\xaBé')).toEqual(Buffer.from([0xab, 0xab, 0xe9]));
});

test.each(['\\', 'a\\t', '\\x1', '\\xg0', '\\\\\\'])('unquote refuses the escape in %s', text => {
  expect(() => unquote(text)).toThrow(/unknown escape/);
});

test('unquote refuses what is not a byte', () => {
  expect(() => unquote('€')).toThrow(/beyond latin1/);
});
