/** 200 texts with which a stranger may try to get out of the place where a message's text belongs (reliability.md S12). */
import { createRandom } from '../../src/util/random.ts';

const FRAGMENTS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\x1b[2J',
  '\x9b31m',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ud800',
  '😀',
  '"',
  "'",
  '\\',
  '\\n',
  '$(id)',
  '`id`',
  '%s%n',
  '{{ 7 * 7 }}',
  '{% raw %}',
  '=cmd()',
  '<script>alert(1)</script>',
  '\r\n.\r\n',
  '\r\nBcc: victim@example.com\r\n',
  'Subject: x\r\n\r\nbody',
  '=?utf-8?B?YQ==?=',
  '--boundary\r\n',
  '\r\nDATA\r\nQUIT\r\n',
  '__proto__',
  '../../etc/passwd',
  '#/+$SYS',
  'a'.repeat(1_000),
];

export const SEED = 20_261_121;

export const hostileTexts: readonly string[] = (() => {
  const random = createRandom(SEED);
  const pick = (): string => FRAGMENTS[random(FRAGMENTS.length)] ?? '';
  return Array.from({ length: 200 }, (_, index) =>
    index < FRAGMENTS.length
      ? (FRAGMENTS[index] ?? '')
      : Array.from({ length: 2 + random(6) }, pick).join(''),
  );
})();
