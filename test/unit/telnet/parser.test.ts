/** Telnet's commands and data (RFC 854, 855): told apart in any pieces, and bounded. */
import { expect, test } from 'vitest';
import { TelnetParser } from '../../../src/telnet/parser.ts';

function parse(...pieces: Buffer[]): string[] {
  const said: string[] = [];
  let data = '';
  const say = (word: string): void => {
    if (data) said.push(`data ${data}`);
    data = '';
    if (word) said.push(word);
  };
  const parser = new TelnetParser({
    data: bytes => {
      data += bytes.toString('latin1');
    },
    option: (verb, option) => say(`${verb} ${option}`),
    subnegotiation: (option, content) => say(`about ${option}: ${content.toString('hex')}`),
  });
  for (const piece of pieces) parser.feed(piece);
  say('');
  return said;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each([
  ['data alone', 'ATI\r\n', ['data ATI\r\n']],
  ['255 255 is one 255', 'a\xff\xffb', ['data a\xffb']],
  [
    'the four verbs',
    '\xff\xfb\x01\xff\xfc\x02\xff\xfd\x03\xff\xfe\xff',
    ['will 1', 'wont 2', 'do 3', 'dont 255'],
  ],
  ['a verb between data', 'A\xff\xfd\x03T', ['data A', 'do 3', 'data T']],
  [
    'BRK, IP, AO, AYT, EC, EL, GA, NOP, DM mean nothing',
    'A\xff\xf3\xff\xf4\xff\xf5\xff\xf6\xff\xf7\xff\xf8\xff\xf9\xff\xf1\xff\xf2T',
    ['data AT'],
  ],
  ['what RFC 854 does not name, too', 'A\xff\x00\xff\x7f\xff\xefT', ['data AT']],
  ['a subnegotiation', '\xff\xfa\x2c\x01\xff\xff\x02\xff\xf0T', ['about 44: 01ff02', 'data T']],
  ['one without an option', '\xff\xfa\xff\xf0T', ['data T']],
  ['one whose end was lost', '\xff\xfa\x18\x00\xff\xfd\x03T', ['do 3', 'data T']],
  ['an end without a beginning', '\xff\xf0T', ['data T']],
])('%s', (_, bytes, words) => {
  expect(parse(latin1(bytes))).toEqual(words);
  expect(parse(...[...latin1(bytes)].map(byte => Buffer.from([byte])))).toEqual(words);
});

test('a subnegotiation has 256 bytes at most', () => {
  const about = (bytes: number): Buffer => latin1(`\xff\xfa\x2c${'x'.repeat(bytes - 1)}\xff\xf0T`);
  expect(parse(about(256))).toEqual([`about 44: ${'78'.repeat(255)}`, 'data T']);
  expect(parse(about(257))).toEqual(['data T']);
  expect(parse(about(1_000_000))).toEqual(['data T']);
});
