/** The frames of ETH_AT: every cut gives the same, and what is no frame is refused. */
import { expect, test } from 'vitest';
import { createFrameDecoder, encodeFrames, FRAME } from '../../../src/transport/qeth-frames.ts';
import { createRandom } from '../../../src/util/random.ts';

const SEED = 1_555;

test('a frame as the seed writes it', () => {
  const [frame, ...others] = encodeFrames(FRAME.toModem, Buffer.from('ATI\r\n'));
  expect(frame?.toString('hex')).toBe('a400054154490d0a');
  expect(others).toEqual([]);
});

test(`every size of frame, in random cuts, seed ${SEED}`, () => {
  const random = createRandom(SEED);
  const sizes = [1, 2, 255, 256, 257, 8_188, 8_189, 8_190, 20_000];
  const payloads = sizes.map(size => Buffer.from(Uint8Array.from({ length: size }, () => random(256))));
  const bytes = Buffer.concat(payloads.flatMap(payload => [...encodeFrames(FRAME.fromModem, payload)]));
  const decode = createFrameDecoder([FRAME.fromModem]);
  const got: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(3_000);
    got.push(...decode(bytes.subarray(at, end)).map(({ payload }) => payload));
    at = end;
  }
  expect(Buffer.concat(got).equals(Buffer.concat(payloads))).toBe(true);
});

test('an empty frame is none of the bytes, and nothing is lost behind it', () => {
  const frames = createFrameDecoder([FRAME.ready, FRAME.fromModem])(Buffer.from('e00000a0000141', 'hex'));
  expect(frames.map(({ type, payload }) => [type, payload.toString()])).toEqual([
    [0xe0, ''],
    [0xa0, 'A'],
  ]);
});

test.each([
  ['bytes without frames', '0d0a4f4b', /0xd/],
  ['a frame of the other direction', 'a40001', /0xa4/],
  ['a length that nobody sends', 'a0ffff', /65538 bytes/],
])('%s', (_name, hex, message) => {
  const decode = createFrameDecoder([FRAME.fromModem, FRAME.ready]);
  expect(() => decode(Buffer.from(hex, 'hex'))).toThrow(
    expect.objectContaining({ code: 'EPROTO', message: expect.stringMatching(message) }),
  );
});
