/** What Sequans modems say unasked, and which lines announce data. */
import { expect, test } from 'vitest';
import { parseParams } from '../../../../src/at/params.ts';
import { framing, hangup, ring } from '../../../../src/dialects/sequans/urcs.ts';

const TRAILER = '\r\n\r\n';

test.each([
  ['+SQNSRECV: 1,5', { bytes: 5, trailer: TRAILER }],
  ['+SQNSRECV:1,1500,"192.0.2.1",7', { bytes: 1_500, trailer: TRAILER }],
  ['+SQNSRECV: 1,1501', undefined],
  ['+SQNSRECV: 1,0', undefined],
  ['+SQNSRECV: 1,-5', undefined],
  ['x+SQNSRECV: 1,5', undefined],
  ['+SQNSRING: 1,5', undefined],
  ['+SQNSRING: 1,5,hello', { bytes: 5, inlineAt: 15, trailer: '\r\n' }],
  ['+SQNSRING:1,5,he', { bytes: 5, inlineAt: 14, trailer: '\r\n' }],
  ['+SQNSRING: 1,5,68656C6C6F', { bytes: 10, inlineAt: 15, trailer: '\r\n' }],
  ['+SQNSRING: 1,0,', undefined],
  ['+SQNSRING: 1,1501,x', undefined],
  ['x+SQNSRING: 1,5,hello', undefined],
])('data behind %s', (line, block) => {
  expect(framing(false).block(line)).toEqual(block);
});

test('where payloads are hex text, a read is a line like any other, and a push is not', () => {
  expect(framing(true).block('+SQNSRECV: 1,5')).toBeUndefined();
  expect(framing(true).block('+SQNSRING: 1,5,68656C6C6F')).toMatchObject({ bytes: 10 });
});

test.each([
  ['+CME ERROR: 171', '+SQNSD=1', true],
  ['+CME ERROR: 171', '+CGACT=0,1', false],
  ['+CME ERROR: 171', '+CGATT=0', false],
  ['+CME ERROR: 171', '+CGATT=1', true],
  ['+CME ERROR: 17', '+SQNSD=1', false],
])('%s while AT%s runs is stray: %s', (line, command, expected) => {
  expect(framing(false).stray?.(line, command)).toBe(expected);
});

test.each([
  ['1', undefined, { id: 1, bytes: undefined, data: undefined }],
  ['1,5', undefined, { id: 1, bytes: 5, data: undefined }],
  ['1,5', 'hello', { id: 1, bytes: 5, data: Buffer.from('hello') }],
  ['1,5', '68656C6C6F', { id: 1, bytes: 5, data: Buffer.from('hello') }],
  ['"1",5', undefined, undefined],
])('+SQNSRING: %s with data %j', (params, data, expected) => {
  expect(ring.parse(parseParams(params), data === undefined ? undefined : Buffer.from(data))).toEqual(
    expected,
  );
});

test('+SQNSH', () => {
  expect(hangup.parse(parseParams('3'))).toBe(3);
  expect(hangup.parse(parseParams('x'))).toBeUndefined();
});
