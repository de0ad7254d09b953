/** The SOCKS handshake: every cut of the bytes gives the same messages, and nonsense is told from what is not there yet. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HandshakeParser } from '../../../src/socks/handshake-parser.ts';
import { formatDatagram, formatReply, type Message, parseDatagram } from '../../../src/socks/messages.ts';

const SEED = 1928;

interface Outcome {
  readonly messages: readonly Message[];
  readonly rest: Buffer;
}

function parse(chunks: readonly Uint8Array[], withLogin: boolean): Outcome {
  const parser = new HandshakeParser({ withLogin });
  const messages = chunks.flatMap(chunk => parser.feed(chunk));
  return { messages, rest: parser.rest };
}

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

const short = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const shortBytes = fc.uint8Array({ maxLength: 255 });
const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => Buffer.concat([hex('01'), bytes])),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.concat([hex('04'), bytes])),
  shortBytes.map(bytes => Buffer.concat([hex('03'), short(bytes)])),
);
const valid = fc
  .tuple(
    fc.boolean(),
    shortBytes,
    shortBytes,
    shortBytes,
    fc.integer({ min: 0, max: 255 }),
    address,
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([withLogin, methods, user, password, command, target, data]) => ({
    withLogin,
    data: Buffer.from(data),
    bytes: Buffer.concat([
      hex('05'),
      short(methods),
      ...(withLogin ? [hex('01'), short(user), short(password)] : []),
      Buffer.from([5, command, 0]),
      target,
      hex('1f90'),
      data,
    ]),
  }));

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map(place => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

test(`whole handshakes are understood, seed ${SEED}`, () => {
  fc.assert(
    fc.property(valid, ({ withLogin, bytes, data }) => {
      const { messages, rest } = parse([bytes], withLogin);
      const kinds = messages.map(({ kind }) => kind);
      const last = kinds.at(-1);
      expect(kinds.slice(0, -1)).toEqual(withLogin ? ['greeting', 'login'] : ['greeting']);
      expect(['request', 'malformed']).toContain(last);
      if (last === 'request') expect(rest.equals(data)).toBe(true);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test(`every cut gives the same, seed ${SEED}`, () => {
  const mutated = fc
    .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }))
    .map(([one, changes]) => {
      const bytes = Buffer.from(one.bytes);
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      return { ...one, bytes };
    });
  fc.assert(
    fc.property(mutated, fc.array(fc.nat(), { maxLength: 8 }), ({ withLogin, bytes }, places) => {
      const whole = parse([bytes], withLogin);
      expect(parse(cut(bytes, places), withLogin)).toEqual(whole);
      expect(
        parse(
          [...bytes].map(byte => Buffer.from([byte])),
          withLogin,
        ),
      ).toEqual(whole);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test(`no bytes at all make it throw or say two last words, seed ${SEED}`, () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.uint8Array({ maxLength: 300 })), (withLogin, chunks) => {
      const { messages } = parse(chunks, withLogin);
      const last = messages.filter(({ kind }) => kind === 'request' || kind === 'malformed');
      expect(last.length).toBeLessThanOrEqual(1);
      expect(messages.length).toBeLessThanOrEqual(withLogin ? 3 : 2);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

describe('what is malformed, and what it is told', () => {
  test.each<[string, string, string]>([
    ['SOCKS4', '04 01 0050 7f000001 00', ''],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n').toString('hex'), ''],
    ['a request of another version', '05 01 00 04 01 00 01 7f000001 0050', '05 01 00 01 00000000 0000'],
    ['an unknown address type', '05 01 00 05 01 00 02 7f000001 0050', '05 08 00 01 00000000 0000'],
    ['an empty name', '05 01 00 05 01 00 03 00 0050', '05 04 00 01 00000000 0000'],
    ['a name with a line end', '05 01 00 05 01 00 03 03 610d62 0050', '05 04 00 01 00000000 0000'],
    ['a name with a blank', '05 01 00 05 01 00 03 03 612062 0050', '05 04 00 01 00000000 0000'],
    ['a name beyond ASCII', '05 01 00 05 01 00 03 03 61c3a4 0050', '05 04 00 01 00000000 0000'],
  ])('%s', (_, bytes, answer) => {
    expect(parse([hex(bytes)], false).messages.at(-1)).toEqual({ kind: 'malformed', answer: hex(answer) });
  });

  test('a login of another version', () => {
    expect(parse([hex('05 01 02 05')], true).messages.at(-1)).toEqual({
      kind: 'malformed',
      answer: hex('01 01'),
    });
  });
});

test.each<[string, string, string]>([
  ['127.0.0.1', '05 01 00 05 01 00 01 7f000001 01bb', '127.0.0.1'],
  ['2001:db8::1', '05 01 00 05 01 00 04 20010db8000000000000000000000001 01bb', '2001:db8::1'],
  ['a name', '05 01 00 05 01 00 03 06 612e74657374 01bb', 'a.test'],
])('a request for %s', (_, bytes, host) => {
  expect(parse([hex(bytes)], false).messages.at(-1)).toEqual({
    kind: 'request',
    command: 1,
    target: { host, port: 443 },
  });
});

test.each([
  ['127.0.0.1', '05 00 00 01 7f000001 1f90'],
  ['2001:db8::1', '05 00 00 04 20010db8000000000000000000000001 1f90'],
])('a reply with %s', (text, bytes) => {
  expect(formatReply(0, text, 8080)).toEqual(hex(bytes));
});

describe('datagrams', () => {
  test.each(['127.0.0.1', '2001:db8::1'])('%s there and back', host => {
    const data = Buffer.from('hello');
    expect(parseDatagram(formatDatagram(host, 53, data))).toEqual({ target: { host, port: 53 }, data });
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['no address', '0000 00'],
    ['a fragment', '0000 01 01 7f000001 0035 61'],
    ['an unknown address type', '0000 00 02 7f000001 0035 61'],
    ['half an address', '0000 00 01 7f0000'],
    ['half a port number', '0000 00 01 7f000001 00'],
    ['port 0', '0000 00 01 7f000001 0000 61'],
    ['a name shorter than it says', '0000 00 03 09 612e74 0035 61'],
    ['a name with NUL', '0000 00 03 03 610074 0035 61'],
  ])('%s is dropped', (_, bytes) => {
    expect(parseDatagram(hex(bytes))).toBeUndefined();
  });

  test(`random bytes never throw, seed ${SEED}`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        parseDatagram(Buffer.concat([hex('000000'), bytes]));
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });
});
