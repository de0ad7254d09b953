/** Where a text is cut, and that no character is. */
import { describe, expect, test } from 'vitest';
import { splitText } from '../../../src/sms/codec/parts.ts';

const lengths = (text: string, bits?: 8 | 16): number[] =>
  splitText(text, bits).texts.map(part => part.length);

describe.each([
  ['GSM 7-bit', 'a', 'gsm7', 160, { 8: 153, 16: 152 }],
  ['UTF-16', 'я', 'ucs2', 70, { 8: 67, 16: 66 }],
] as const)('%s', (_, character, alphabet, single, part) => {
  test(`${single} are one message, one more are two`, () => {
    expect(splitText(character.repeat(single))).toEqual({ alphabet, texts: [character.repeat(single)] });
    expect(lengths(character.repeat(single + 1))).toEqual([part[8], single + 1 - part[8]]);
  });

  test.each([8, 16] as const)('full parts, references of %i bits', bits => {
    expect(lengths(character.repeat(3 * part[bits]), bits)).toEqual([part[bits], part[bits], part[bits]]);
    expect(lengths(character.repeat(3 * part[bits] + 1), bits)).toEqual([
      part[bits],
      part[bits],
      part[bits],
      1,
    ]);
  });

  test('255 parts are possible, 256 are not', () => {
    expect(lengths(character.repeat(255 * part[8]))).toHaveLength(255);
    expect(() => splitText(character.repeat(255 * part[8] + 1))).toThrow(
      new RangeError('a text of 256 parts, 255 are possible'),
    );
  });
});

test('nothing is one message', () => {
  expect(splitText('')).toEqual({ alphabet: 'gsm7', texts: [''] });
});

test('a character of the extension table counts twice, and goes whole to the next part', () => {
  expect(lengths(`${'a'.repeat(158)}€`)).toEqual([159]);
  expect(lengths(`${'a'.repeat(159)}€`)).toEqual([153, 7]);
  expect(lengths(`${'a'.repeat(152)}€${'a'.repeat(20)}`)).toEqual([152, 21]);
  expect(lengths(`${'a'.repeat(151)}€${'a'.repeat(20)}`)).toEqual([152, 20]);
});

test('surrogates go together to the next part', () => {
  expect(lengths(`${'я'.repeat(68)}😀`)).toEqual([70]);
  expect(lengths(`${'я'.repeat(66)}😀${'я'.repeat(9)}`)).toEqual([66, 11]);
  expect(lengths(`${'я'.repeat(65)}😀${'я'.repeat(9)}`)).toEqual([67, 9]);
});

// node-pdu takes UCS-2 for these (ecosystem.md 4).
test.each(['é', 'ñ', 'Ω', '€', 'Ä'])('%s is GSM 7-bit', character => {
  expect(splitText(character).alphabet).toBe('gsm7');
});

test.each(['\0', 'ç', '`', '\t', '’', '😀', '\ud800'])('%j is not', character => {
  expect(splitText(character).alphabet).toBe('ucs2');
});
