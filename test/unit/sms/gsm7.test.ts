/** The alphabet: every character both ways, and what a sender should not have sent. */
import { expect, test } from 'vitest';
import { formatGsm7, parseGsm7 } from '../../../src/sms/codec/gsm7.ts';
import { packSeptets, unpackSeptets } from '../../../src/sms/codec/septets.ts';
import { GSM_BASIC, GSM_EXTENDED } from './texts.ts';

test('every character of the default alphabet has its place in the table', () => {
  const places = Array.from({ length: 128 }, (_, place) => place).filter(place => place !== 0x1b);
  expect(formatGsm7(GSM_BASIC)).toEqual(places);
  expect(parseGsm7(places)).toBe(GSM_BASIC);
});

test('every character of the extension table is two septets', () => {
  const places = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65].flatMap(place => [0x1b, place]);
  expect(formatGsm7(GSM_EXTENDED)).toEqual(places);
  expect(parseGsm7(places)).toBe(GSM_EXTENDED);
});

test.each([
  ['beyond the table: as in the main table', [0x1b, 0x41], 'A'],
  ['an escape behind an escape: a blank', [0x1b, 0x1b, 0x65], ' e'],
  ['an escape at the end: a blank', [0x41, 0x1b], 'A '],
])('%s', (_, septets, text) => {
  expect(parseGsm7(septets)).toBe(text);
});

test('no other character of UTF-16 is taken for one of the alphabet', () => {
  const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  expect(all.filter(character => formatGsm7(character)).length).toBe(137);
  expect(formatGsm7('A😀')).toBeUndefined();
});

test.each([0, 1, 2, 3, 4, 5, 6])('septets behind %i fill bits, in any number, are the same again', fill => {
  for (let count = 0; count <= 20; count++) {
    const septets = Array.from({ length: count }, (_, index) => (index * 37 + 0x55) & 0x7f);
    const octets = packSeptets(septets, fill);
    expect(octets.length).toBe(Math.ceil((fill + 7 * count) / 8));
    expect(unpackSeptets(octets, count, fill)).toEqual(septets);
  }
});

// The word in every description of the packing.
test('packed as everybody packs it', () => {
  expect(packSeptets(formatGsm7('hellohello') ?? []).toString('hex')).toBe('e8329bfd4697d9ec37');
});
