/** Incoming PDUs: as networks send them, and as nobody should. */
import { describe, expect, test } from 'vitest';
import { parseDataCoding } from '../../../src/sms/codec/data-coding.ts';
import { parsePdu } from '../../../src/sms/codec/pdu.ts';
import { PduError } from '../../../src/sms/codec/pdu-reader.ts';
import { parseStatus } from '../../../src/sms/codec/status.ts';
import { parseTimestamp } from '../../../src/sms/codec/timestamp.ts';
import { STAMP } from './carried.ts';

/** From 12345, with the user data given. */
const deliver = (first: string, coding: string, userData: string): string =>
  `00${first}05812143F500${coding}${STAMP}${userData}`;

test('a message as a network sent it', () => {
  // From the tests of node-pdu.
  const pdu = '07919730071111F1000B919746121611F10000811170021222230DC8329BFD6681EE6F399B1C02';
  expect(parsePdu(pdu)).toEqual({
    type: 'deliver',
    serviceCentre: '+79037011111',
    from: { kind: 'international', text: '+79642161111' },
    protocol: 0,
    at: { date: new Date('2018-11-07T12:21:22Z'), zoneMinutes: 480 },
    alphabet: 'gsm7',
    messageClass: undefined,
    header: [],
    concatenation: undefined,
    body: 'Hello, world!',
  });
});

// In many collections of examples; some libraries read "sipgate@".
test('a sender with a name', () => {
  expect(parsePdu('0791447758100650040DD0F334FC1CA6970100008080312170224008D4F29CDE0EA7D9')).toMatchObject({
    from: { kind: 'alphanumeric', text: 'sipgate' },
    body: 'Testmail',
  });
});

test('a status report', () => {
  expect(parsePdu(`0006 2A 0B916407281553F8 ${STAMP} ${STAMP} 00`.replaceAll(' ', ''))).toEqual({
    type: 'report',
    serviceCentre: undefined,
    messageReference: 0x2a,
    to: { kind: 'international', text: '+46708251358' },
    at: { date: new Date('2026-11-21T19:30:15Z'), zoneMinutes: 60 },
    since: { date: new Date('2026-11-21T19:30:15Z'), zoneMinutes: 60 },
    status: 'delivered',
    statusCode: 0,
  });
});

test.each([
  [0x00, 'delivered'],
  [0x01, 'forwarded'],
  [0x02, 'replaced'],
  [0x03, 'unknown'],
  [0x20, 'pending'],
  [0x3f, 'pending'],
  [0x40, 'failed'],
  [0x7f, 'failed'],
  [0x80, 'unknown'],
])('status %i: %s', (octet, status) => {
  expect(parseStatus(octet)).toBe(status);
});

test.each([
  [0x00, 'gsm7', undefined],
  [0x10, 'gsm7', 0],
  [0x04, 'binary', undefined],
  [0x08, 'ucs2', undefined],
  [0x1a, 'ucs2', 2],
  [0x0c, 'gsm7', undefined],
  [0x20, 'binary', undefined],
  [0x48, 'ucs2', undefined],
  [0x80, 'gsm7', undefined],
  [0xc8, 'gsm7', undefined],
  [0xe0, 'ucs2', undefined],
  [0xf1, 'gsm7', 1],
  [0xf5, 'binary', 1],
])('coding %i: %s, class %s', (octet, alphabet, messageClass) => {
  expect(parseDataCoding(octet)).toEqual({ alphabet, messageClass });
});

describe('time stamps', () => {
  test.each([
    ['62111202035140', '2026-11-21T19:30:15Z', 60],
    ['6211120203514a', '2026-11-22T02:30:15Z', -360],
    ['62111202035100', '2026-11-21T20:30:15Z', 0],
    ['42209221000023', '2024-02-29T04:00:00Z', 480],
  ])('%s', (stamp, time, zoneMinutes) => {
    expect(parseTimestamp(Buffer.from(stamp, 'hex'))).toEqual({ date: new Date(time), zoneMinutes });
  });

  test.each([
    '00000000000000',
    'ffffffffffffff',
    '62311202035140',
    '52209202035140',
    '62111242035140',
    '621112020351f0',
  ])('%s is no time', stamp => {
    expect(parseTimestamp(Buffer.from(stamp, 'hex'))).toBeUndefined();
  });

  test('one that is none loses no message', () => {
    expect(parsePdu(deliver('04', '00', '01C1').replace(STAMP, '0'.repeat(14)))).toMatchObject({
      at: undefined,
      body: 'A',
    });
  });
});

describe('numbers', () => {
  test.each([
    ['unknown', '05812143F5', '12345'],
    ['international', '05912143F5', '+12345'],
    ['national', '04A12143', '1234'],
    ['network', '02B121', '12'],
    ['reserved', '02F121', '12'],
    ['unknown', '0581A1CBED', '1*#ab'],
    ['unknown', '0081', ''],
    ['alphanumeric', '00D0', ''],
  ])('%s %s', (kind, field, text) => {
    expect(parsePdu(`0004${field}0000${STAMP}00`)).toMatchObject({ from: { kind, text } });
  });
});

describe('headers', () => {
  test.each([
    ['8 bits', '050003 2A 03 02', { reference: 0x2a, referenceBits: 8, total: 3, sequence: 2 }],
    ['16 bits', '060804 122A 03 02', { reference: 0x122a, referenceBits: 16, total: 3, sequence: 2 }],
    ['behind an unknown element', '08 2401 01 0003 2A 03 02', { reference: 0x2a, total: 3, sequence: 2 }],
    ['twice: the last', '0A 0003010201 0003 2A 03 02', { reference: 0x2a, total: 3, sequence: 2 }],
    ['twice: the last that makes sense', '0A 0003 2A 03 02 0003010200', { reference: 0x2a, total: 3 }],
  ])('%s', (_, header, concatenation) => {
    const octets = header.replaceAll(' ', '');
    const length = (octets.length / 2 + 1).toString(16).padStart(2, '0');
    expect(parsePdu(deliver('44', '04', `${length}${octets}41`))).toMatchObject({
      concatenation,
      body: Buffer.from('A'),
    });
  });

  test.each([
    ['part 0', '0500032A0300'],
    ['part 4 of 3', '0500032A0304'],
    ['part 0 of 0', '0500032A0000'],
    ['too short', '0400022A03'],
    ['too long', '0600042A030200'],
  ])('no part of anything: %s', (_, octets) => {
    const length = (octets.length / 2).toString(16).padStart(2, '0');
    expect(parsePdu(deliver('44', '04', length + octets))).toMatchObject({ concatenation: undefined });
  });

  test('elements that nobody knows are kept', () => {
    expect(parsePdu(deliver('44', '04', '0604F002AABB41'))).toMatchObject({
      header: [{ id: 0xf0, data: Buffer.from([0xaa, 0xbb]) }],
    });
  });

  test('elements that do not fill the header are ignored, the text is not', () => {
    expect(parsePdu(deliver('44', '04', '060400FF010241'))).toMatchObject({
      header: [],
      body: Buffer.from('A'),
    });
  });
});

test('the reserved type is read as a delivered message', () => {
  expect(parsePdu(deliver('03', '00', '01C1'))).toMatchObject({ type: 'deliver' });
});

test('half a character of UTF-16 is none', () => {
  expect(parsePdu(deliver('04', '08', '03044F04'))).toMatchObject({ body: 'я' });
});

test.each([
  ['an absolute validity', '19', '62111202035140'],
  ['an enhanced one', '09', '00000000000000'],
])('%s is passed over', (_, first, validity) => {
  expect(parsePdu(`00${first}0005812143F50000${validity}01C1`)).toMatchObject({
    validityMs: undefined,
    body: 'A',
  });
});

test.each([
  ['nothing', '', 'it ends too early'],
  ['half an octet', '000', 'it is not hexadecimal'],
  ['words', 'OK', 'it is not hexadecimal'],
  ['a line end inside', '00\n04', 'it is not hexadecimal'],
  ['a service centre without end', 'FF91', 'it ends too early'],
  ['an address without end', '000414811234', 'it ends too early'],
  ['an endless address', `0004FF81${'11'.repeat(140)}`, 'an address of 255 digits'],
  ['less text than said', deliver('04', '00', '10C1'), 'it ends too early'],
  ['more text than possible', deliver('04', '00', `A1${'00'.repeat(200)}`), 'user data of 141 octets'],
  ['more octets than possible', deliver('04', '08', `8D${'00'.repeat(200)}`), 'user data of 141 octets'],
  ['a header beyond the text', deliver('44', '04', '020500'), 'its header is longer than the user data'],
  ['a header without text', deliver('44', '00', '00'), 'its header is longer than the user data'],
])('%s', (_, pdu, why) => {
  expect(() => parsePdu(pdu)).toThrow(PduError);
  expect(() => parsePdu(pdu)).toThrow(
    expect.objectContaining({ pdu, message: `the short message makes no sense: ${why}` }),
  );
});
