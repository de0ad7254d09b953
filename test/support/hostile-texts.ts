/** Texts that would change the structure of what they are put into: terminal, JSON, CSV, shell, header, AT command. */
import { createRandom } from '../../src/util/random.ts';

const PIECES = [
  '\x1b[2J',
  '\x1b]0;title\x07',
  '\x9b31m',
  '\x90q\x9c',
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\x08',
  '\x7f',
  '\x1a',
  '"',
  "'",
  '\\',
  '`id`',
  '$(id)',
  '; reboot',
  '| sh',
  '=1+1',
  '@SUM(A1)',
  '-2',
  ',',
  '\t',
  '<script>',
  '</script>',
  '&amp;',
  '%s%n',
  '../..',
  '\u202e',
  '\u2066',
  '\u2028',
  '\ud800',
  '\u010d\u010a',
  '\u0122',
  'OK\r\n',
  '+CMTI: "SM",1',
  'AT+CFUN=0\r',
  'Subject: x',
  '{"a":1}',
  ']}',
  '😀',
  'ж',
  '\r\n.\r\n',
  '\r\nBcc: a@b.c\r\n',
  '=?utf-8?B?YQ==?=',
  '{{ 7 * 7 }}',
];

/** That many, by seed, each of one to four pieces; none longer than one short message. */
export function hostileTexts(count: number, seed: number): string[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const length = 1 + random(4);
    const pieces = Array.from({ length }, () => PIECES[random(PIECES.length)] ?? '');
    return `${index}${pieces.join('x')}`;
  });
}
