/** Outgoing PDUs, octet by octet. */
import { expect, test } from 'vitest';
import { parsePdu } from '../../../src/sms/codec/pdu.ts';
import { formatSubmit } from '../../../src/sms/codec/submit.ts';
import { formatUserData } from '../../../src/sms/codec/user-data.ts';
import { formatValidity, parseValidity } from '../../../src/sms/codec/validity.ts';

const DAY_MS = 86_400_000;
const message = { to: '+46708251358', text: 'hellohello', reference: 0 };

// The example of every tutorial (dreamfabric.com, "SMS and the PDU format").
test('the example that everybody knows', () => {
  expect(formatSubmit({ ...message, validityMs: 4 * DAY_MS })).toEqual([
    { pdu: '0011000B916407281553F80000AA0AE8329BFD4697D9EC37', octets: 23 },
  ]);
});

test('a number of this country with an odd count of digits', () => {
  expect(formatSubmit({ ...message, to: '12345' })[0]?.pdu).toBe('00010005812143F500000AE8329BFD4697D9EC37');
});

test.each([
  ['a report', { report: true }, '0021000B916407281553F800000A'],
  ['flash', { flash: true }, '0001000B916407281553F800100A'],
  ['UTF-16', { text: 'я😀' }, '0001000B916407281553F8000806044FD83DDE00'],
  ['UTF-16 and flash', { text: 'я', flash: true }, '0001000B916407281553F8001802044F'],
])('%s', (_, more, start) => {
  expect(formatSubmit({ ...message, ...more })[0]?.pdu.startsWith(start)).toBe(true);
});

test('several parts: header, fill bit, places of septets', () => {
  const [first, second, ...rest] = formatSubmit({ ...message, text: 'a'.repeat(161), reference: 0x2a });
  expect(rest).toEqual([]);
  expect(first?.pdu).toMatch(/^0041000B916407281553F80000A00500032A0201C2E170381C0E/);
  expect(second?.pdu).toBe('0041000B916407281553F800000F0500032A0202C2E170381C0E8701');
  // All the user data that there can be, behind 13 octets.
  expect(first?.octets).toBe(13 + 140);
});

test('references of 16 bits need no fill bits', () => {
  const [first] = formatSubmit({ ...message, text: 'a'.repeat(161), reference: 0x1234, referenceBits: 16 });
  expect(first?.pdu).toMatch(/^0041000B916407281553F80000A006080412340201E170381C0E87C3/);
});

test('what was written is read from the storage', () => {
  const [{ pdu } = { pdu: '' }] = formatSubmit({
    ...message,
    text: '€',
    report: true,
    validityMs: DAY_MS,
    flash: true,
  });
  expect(parsePdu(pdu)).toEqual({
    type: 'submit',
    serviceCentre: undefined,
    messageReference: 0,
    to: { kind: 'international', text: '+46708251358' },
    protocol: 0,
    report: true,
    validityMs: DAY_MS,
    alphabet: 'gsm7',
    messageClass: 0,
    header: [],
    concatenation: undefined,
    body: '€',
  });
});

test.each([
  ['characters that are not GSM 7-bit', 'gsm7', 'я'],
  ['more than fits', 'gsm7', 'a'.repeat(161)],
  ['more than fits', 'ucs2', 'я'.repeat(71)],
] as const)('no user data of %s: %s', (_, alphabet, text) => {
  expect(() => formatUserData(alphabet, text, [])).toThrow(RangeError);
});

test.each(['', '+', 'abc', '12 34', '+4912a', '1\r2', '1'.repeat(21), '١٢٣'])('%j is no number', to => {
  expect(() => formatSubmit({ ...message, to })).toThrow(RangeError);
});

test.each([-1, 256, 1.5, Number.NaN])('%f is no reference of 8 bits', reference => {
  expect(() => formatSubmit({ ...message, reference })).toThrow(RangeError);
});

test('every validity that can be said is said again, and none is shorter than wanted', () => {
  for (let octet = 0; octet < 256; octet++) {
    const validityMs = parseValidity(octet);
    expect(formatValidity(validityMs)).toBe(octet);
    if (octet < 255) expect(formatValidity(validityMs + 1)).toBe(octet + 1);
  }
});

test.each([0, -1, Number.NaN, 63 * 7 * DAY_MS + 1, Number.POSITIVE_INFINITY])(
  '%f is no validity',
  validityMs => {
    expect(() => formatValidity(validityMs)).toThrow(RangeError);
  },
);
