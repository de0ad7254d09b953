/** The echo canary: an echo where echo was seen to be off means that the modem has restarted. */
import { expect, test } from 'vitest';
import { EchoCanary } from '../../../src/at/echo-canary.ts';

/** What the canary makes of commands, each with whether it was echoed. */
function after(...commands: readonly (readonly [string, boolean])[]): boolean {
  const canary = new EchoCanary();
  for (const [line, echoed] of commands) canary.answered(line, echoed);
  return canary.isRestart;
}

test.each([
  ['nothing was asked yet', []],
  ['echo was not switched off', [['+CMEE=1', false]]],
  ['the line that switches it off', [['E0', true]]],
  [
    'it was still echoed after that',
    [
      ['E0', false],
      ['+CMEE=1', true],
    ],
  ],
  [
    'somebody switched it on',
    [
      ['E0', false],
      ['+CMEE=1', false],
      ['E1', false],
    ],
  ],
  [
    'somebody typed many commands in a line',
    [
      ['E0', false],
      ['+CMEE=1', false],
      ['V1E1+CMEE=1', false],
    ],
  ],
] as const)('no restart: %s', (_, commands) => {
  expect(after(...commands)).toBe(false);
});

test('a restart: echo was switched off, and was seen to be off', () => {
  expect(after(['E0', true], ['+CMEE=1', false])).toBe(true);
  expect(after(['E0', true], ['+CMEE=1', false], ['+SQNSS', false])).toBe(true);
});

test('what tells nothing of the echo leaves it as it is: S registers, and extended commands', () => {
  expect(after(['E0', true], ['+CMEE=1', false], ['S10=14', false])).toBe(true);
  expect(after(['E0', true], ['+CMEE=1', false], ['x+CMEE=1', false])).toBe(false);
});
