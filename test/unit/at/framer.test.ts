/** The framer: the same lines, prompts and data however the stream is cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, Framer } from '../../../src/at/framer.ts';

const HEADER = /^\+DATA: (\d+)$/;
const INLINE = /^\+PUSH: (\d+),/;

/** What the framer said, as one list: easy to compare. */
function frame(chunks: readonly Buffer[], { prompts = false, limit = 64 } = {}): string[] {
  const said: string[] = [];
  const framer = new Framer(
    {
      promptExpected: prompts,
      prompt: () => said.push('PROMPT'),
      line: (text): Block | undefined => {
        said.push(`line ${text}`);
        const header = HEADER.exec(text);
        if (header) return { bytes: Number(header[1]), trailer: '\r\n\r\n' };
        const inline = INLINE.exec(text);
        return inline ? { bytes: Number(inline[1]), inlineAt: inline[0].length, trailer: '\r\n' } : undefined;
      },
      data: (bytes, intact) => said.push(`${intact ? 'data' : 'BROKEN'} ${bytes.toString('latin1')}`),
      overflow: () => said.push('OVERFLOW'),
    },
    limit,
  );
  for (const chunk of chunks) framer.feed(chunk);
  return said;
}

const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')];
const bytewise = (text: string): Buffer[] => [...Buffer.from(text, 'latin1')].map(byte => Buffer.of(byte));

describe.each([
  ['whole', whole],
  ['byte by byte', bytewise],
])('%s', (_name, cut) => {
  test.each([
    ['\r\nOK\r\n', ['line OK']],
    ['AT\r\r\nOK\r\n', ['line AT', 'line OK']],
    ['a\nb\rc\r\n\r\n\nd\r\n', ['line a', 'line b', 'line c', 'line d']],
    ['\0\0\r\n\0+X: 1\r\n', ['line +X: 1']],
    ['0\r', ['line 0']],
    ['\r\n> text\r\n', ['line > text']],
    ['\r\n+DATA: 4\r\n\r\nOK\r\n\r\nOK\r\n', ['line +DATA: 4', 'data \r\nOK', 'line OK']],
    ['\r\n+DATA: 3\r\n\n> \r\n\r\nOK\r\n', ['line +DATA: 3', 'data \n> ', 'line OK']],
    ['\r\n+DATA: 1\r\n\r\r\n\r\nOK\r\n', ['line +DATA: 1', 'data \r', 'line OK']],
    ['\r\n+DATA: 2\r\nab\r\n\r\n+X: 1\r\n\r\nOK\r\n', ['line +DATA: 2', 'data ab', 'line +X: 1', 'line OK']],
  ])('%j', (text, expected) => expect(frame(cut(text))).toEqual(expected));

  test.each([
    ['one byte lost', '\r\n+DATA: 3\r\nab\r\n\r\nOK\r\n'],
    ['two bytes lost', '\r\n+DATA: 4\r\nab\r\n\r\nOK\r\n'],
    ['three bytes lost', '\r\n+DATA: 5\r\nab\r\n\r\nOK\r\n'],
    ['four bytes lost', '\r\n+DATA: 6\r\nab\r\n\r\nOK\r\n'],
    ['two lost before a URC', '\r\n+DATA: 4\r\nab\r\n\r\n+X: 1\r\n\r\nOK\r\n'],
    ['one byte doubled', '\r\n+DATA: 2\r\naab\r\n\r\nOK\r\n'],
    ['a URC between header and data', '\r\n+DATA: 2\r\n\r\n+X: 1\r\nab\r\n\r\nOK\r\n'],
  ])('never believes data with %s', (_what, text) => {
    const said = frame(cut(text));
    expect(said.some(item => item.startsWith('BROKEN'))).toBe(true);
    expect(said.some(item => item.startsWith('data'))).toBe(false);
  });

  test.each([
    ['\r\n> ', ['PROMPT']],
    ['\r\n>', ['PROMPT']],
    ['AT+S=1,5\r\r\n> \r\nOK\r\n', ['line AT+S=1,5', 'PROMPT', 'line OK']],
    ['\r\n+X: > \r\n', ['line +X: > ']],
    ['\r\n+X: 1\r\n> ', ['line +X: 1', 'PROMPT']],
  ])('prompt in %j', (text, expected) => expect(frame(cut(text), { prompts: true })).toEqual(expected));

  test.each([
    ['\r\n+PUSH: 4,a\r\nb\r\n+X: 1\r\n', ['data a\r\nb', 'line +X: 1']],
    ['\r\n+PUSH: 3,\r\n\r\r\nOK\r\n', ['data \r\n\r', 'line OK']],
    ['\r\n+PUSH: 3,\n\n\n\r\nOK\r\n', ['data \n\n\n', 'line OK']],
    ['\r\n+PUSH: 2,ab\r\nOK\r\n', ['data ab', 'line OK']],
  ])('data inside the line: %j', (text, expected) => expect(frame(cut(text)).slice(1)).toEqual(expected));

  test('a line over the limit is skipped to its end, once', () => {
    expect(frame(cut(`${'x'.repeat(200)}\r\nOK\r\n`), { limit: 64 })).toEqual(['OVERFLOW', 'line OK']);
    expect(frame(cut(`${'x'.repeat(64)}\r\nOK\r\n`), { limit: 64 })).toEqual([
      `line ${'x'.repeat(64)}`,
      'line OK',
    ]);
  });
});

test('any cut of any stream says the same', () => {
  const piece = fc.constantFrom(
    ...[
      '\r\n',
      '\r',
      '\n',
      'OK',
      'ERROR',
      '> ',
      '>',
      '+X: 1,"a"',
      '\r\n+DATA: 5\r\n',
      'ab\r\nc',
      '\r\n\r\n',
      '\0',
    ],
    '\r\n+PUSH: 2,',
    'payload',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }).map(pieces => pieces.join('')),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      fc.boolean(),
      (text, sizes, prompts) => {
        const bytes = Buffer.from(text, 'latin1');
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(frame(chunks, { prompts })).toEqual(frame([bytes], { prompts }));
      },
    ),
    { numRuns: 2_000 },
  );
});
