/** What the command line shows of bytes that came from somewhere else. */
import { expect, test } from 'vitest';
import { printableText, visible } from '../../src/tools/output.ts';

test.each<[string, string | Buffer, boolean]>([
  ['ASCII', 'hello', true],
  ['letters and symbols beyond it', 'Grüße, 日本, 👩‍💻', true],
  ['lines and tabs', 'a\tb\r\nc\n', true],
  ['nothing', '', true],
  ['an escape sequence', '\x1b[2J', false],
  ['NUL', 'a\0', false],
  ['a control character of latin1', '\u009b2J', false],
  ['a change of direction', '\u202eabc', false],
  ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28]), false],
])('%s', (_, data, printable) => {
  const bytes = Buffer.from(data);
  expect(printableText(bytes)).toBe(printable ? bytes.toString() : undefined);
});

test('a line of a modem cannot do things to a terminal', () => {
  expect(visible('+X: \x1b[2J\x7f\x9b é')).toBe('+X: \\x1b[2J\\x7f\\x9b é');
});
