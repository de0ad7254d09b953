/** Parameters (reliability.md S10): what is formatted is read back the same, and nothing else gets into a command line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatParams, type Param, parseParams } from '../../src/at/params.ts';
import { runs, timeLimit } from './runs.ts';

const NASTY = [
  '\u010d',
  '\u010a',
  '\u0122',
  '\u013b',
  '\u011a',
  '\u011b',
  '"',
  '\\',
  '\r',
  '\n',
  '\0',
  '\x1a',
  '😀',
];

const printable = fc.string({
  unit: fc.constantFrom(
    ...Array.from({ length: 95 }, (_, at) => at + 32)
      .map(code => String.fromCharCode(code))
      .filter(char => char !== '"' && char !== '\\'),
  ),
});

const param: fc.Arbitrary<Param> = fc.oneof(
  printable,
  fc.integer({ min: 0, max: 999_999_999_999_999 }),
  fc.constant(undefined),
);

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(fc.constantFrom(...NASTY), printable)).map(parts => parts.join('')),
);

test('what is formatted is read back', () => {
  fc.assert(
    fc.property(fc.array(param, { minLength: 1, maxLength: 8 }), params => {
      expect(parseParams(formatParams(params))).toEqual(params);
    }),
    { numRuns: runs(5_000) },
  );
});

test('text is refused, or its bytes are those of one quoted parameter', {
  timeout: timeLimit(30_000),
}, () => {
  const seen = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(anything, text => {
      let formatted: string;
      try {
        formatted = formatParams([text]);
      } catch (error) {
        seen.refused++;
        expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
        return;
      }
      seen.taken++;
      // As it is written to the line.
      expect(Buffer.from(formatted, 'latin1').toString('latin1')).toMatch(
        /^"[\x20\x21\x23-\x5b\x5d-\x7e]*"$/,
      );
      expect(formatted).toBe(`"${text}"`);
    }),
    { numRuns: runs(20_000) },
  );
  expect(Math.min(seen.refused, seen.taken)).toBeGreaterThan(1_000);
});

test('whatever a modem says is cut into parameters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
      for (const each of parseParams(text)) expect(['string', 'number', 'undefined']).toContain(typeof each);
    }),
    { numRuns: runs(5_000) },
  );
});
