/** Final result codes, and CME errors by number and by name. */
import { describe, expect, test } from 'vitest';
import { cmeNumber, describeCme, finalResult } from '../../../src/at/result-code.ts';

describe('finalResult', () => {
  test.each([
    ['OK', 'ok'],
    ['ERROR', { kind: 'error', value: 'ERROR' }],
    ['+CME ERROR: 50', { kind: 'cme', value: '50' }],
    ['+CME ERROR:50', { kind: 'cme', value: '50' }],
    ['+CME ERROR', { kind: 'cme', value: '' }],
    ['+CMS ERROR: 500', { kind: 'cms', value: '500' }],
    ['NO CARRIER', { kind: 'other', value: 'NO CARRIER' }],
    ['CONNECT', 'ok'],
  ])('%s', (line, meaning) => {
    expect(finalResult(line, { ok: ['CONNECT'], failed: ['NO CARRIER'] })).toEqual(meaning);
  });

  test.each(['OKAY', 'ok', ' ERROR', '+CME ERROR 50', 'a +CME ERROR: 50', '+CMX ERROR: 50', 'BUSY', ''])(
    '%j is none',
    line => {
      expect(finalResult(line, { failed: ['NO CARRIER'] })).toBeUndefined();
    },
  );

  test('CONNECT and NO CARRIER are none where no command expects them', () => {
    expect(finalResult('CONNECT')).toBeUndefined();
    expect(finalResult('NO CARRIER')).toBeUndefined();
  });
});

test.each([
  ['14', 14],
  ['0', 0],
  ['149', 149],
  ['SIM busy', 14],
  ['sim BUSY', 14],
  ['phone failure', 0],
  ['SIM', undefined],
  ['14x', undefined],
  ['x14', undefined],
  ['', undefined],
  [undefined, undefined],
])('the number of +CME ERROR: %s is %s', (value, number) => {
  expect(cmeNumber(value)).toBe(number);
});

test.each([
  ['50', '50 (incorrect parameters)'],
  ['999', '999'],
  ['SIM busy', 'SIM busy'],
])('%s is told as %s', (value, text) => {
  expect(describeCme(value)).toBe(text);
});
