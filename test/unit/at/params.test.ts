/** Parameter lists: tables of text → value and back, and what can never become a command. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bare, formatParams, parseParams } from '../../../src/at/params.ts';

describe('parseParams', () => {
  test.each([
    ['1,2', [1, 2]],
    ['1,,3', [1, undefined, 3]],
    ['', [undefined]],
    ['1,', [1, undefined]],
    [' 1, 2', [1, 2]],
    ['"a,b",1', ['a,b', 1]],
    ['"5"', ['5']],
    ['007', [7]],
    ['-1', ['-1']],
    ['1234567890123456789012', ['1234567890123456789012']],
    ['("a","b"),(0-3)', ['("a","b")', '(0-3)']],
    ['((1,2),3),4', ['((1,2),3)', 4]],
    ['"say \\22hi\\22, \\5C"', ['say "hi", \\']],
    ['"(",1', ['(', 1]],
    ['"open', ['open']],
    ['"', ['']],
    ['10.0.0.1,"x"', ['10.0.0.1', 'x']],
    ['1)2,3', ['1)2', 3]],
  ])('%s', (text, expected) => expect(parseParams(text)).toEqual(expected));

  test('never throws and never takes long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), text => parseParams(text).length > 0),
    );
  });
});

describe('formatParams', () => {
  test('numbers bare, texts quoted, omitted places empty', () => {
    expect(formatParams([1, 'a b', undefined, 0, new Bare('::1')])).toBe('1,"a b",,0,::1');
  });

  test.each([
    'a"b',
    'a\\b',
    'a\rb',
    'a\nb',
    'a\0',
    'a\x1a',
    'a\x1b',
    '\u010d',
    '\u0122',
    '\u010a',
    '\u011a',
    'é',
    '😀',
  ])('refuses %j', text =>
    expect(() => formatParams([text])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' })),
  );

  test.each(['a,b', 'a;b', '', 'a b', '"x"', '\u013b'])('refuses %j without quotes', text =>
    expect(() => new Bare(text)).toThrow(TypeError),
  );

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the number %d', value =>
    expect(() => formatParams([value])).toThrow(TypeError),
  );

  test('what is accepted is written as it is read, in printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        let line: string;
        try {
          line = formatParams([1, text, 2]);
        } catch (error) {
          return error instanceof TypeError;
        }
        const bytes = Buffer.from(line, 'latin1');
        return (
          bytes.every(byte => byte >= 0x20 && byte <= 0x7e) &&
          parseParams(line)[1] === (text === '' ? '' : text)
        );
      }),
    );
  });
});
