/** Which form a payload takes: never one in which a byte of it could be eaten. */
import { expect, test } from 'vitest';
import { nextPiece, wholePiece } from '../../../../src/dialects/quectel-qfwd/payload.ts';

const plain = Buffer.alloc(2_000, 'x');
const specialAt = (at: number, byte: number): Buffer => {
  const data = Buffer.from(plain);
  data[at] = byte;
  return data;
};

test.each([
  ['binary', specialAt(5, 0x1a), 1_024, false],
  ['printable', plain, 1_024, false],
  ['printable', plain.subarray(0, 10), 10, false],
  ['printable', specialAt(1_500, 0x1b), 1_024, false],
  ['printable', specialAt(700, 0x1b), 700, false],
  ['printable', specialAt(255, 0x08), 512, true],
  ['printable', specialAt(0, 0x1a), 512, true],
  ['hex', plain, 512, true],
] as const)('%s: the next piece of a stream', (payload, stream, bytes, hex) => {
  const piece = nextPiece(stream, payload);
  expect(piece).toEqual({ data: stream.subarray(0, bytes), hex });
});

test('a piece is no larger than there is room for', () => {
  expect(nextPiece(plain, 'binary', 100).data.length).toBe(100);
  expect(nextPiece(plain, 'hex', 100).data.length).toBe(100);
});

test.each([
  ['binary', specialAt(5, 0x1a), false],
  ['printable', plain, false],
  ['printable', specialAt(1_999, 0x1a), true],
  ['printable', specialAt(0, 0x1b), true],
  ['printable', specialAt(0, 0x08), true],
  ['hex', plain, true],
] as const)('%s: a datagram stays whole', (payload, data, hex) => {
  expect(wholePiece(data, payload)).toEqual({ data, hex });
});
