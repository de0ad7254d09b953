/** Probes of a fence: what proves that every earlier answer is through, and what does not. */
import { expect, test } from 'vitest';
import { Fence, type Probe } from '../../../src/at/fence.ts';

/** Whether the last of these lines proves it, and none before. */
function hear(probe: Probe | undefined, ...lines: readonly string[]): boolean {
  const proofs = lines.map(line => probe?.proves(line));
  expect(proofs.slice(0, -1)).not.toContain(true);
  return proofs.at(-1) === true;
}

const nonceOf = (probe: Probe | undefined): string => /=(\d+)S10\?$/.exec(probe?.line ?? '')?.[1] ?? '';

/** The two questions of a probe that asks. */
const questionsOf = (probe: Probe | undefined): string[] => probe?.line.slice(0, -1).split('?;') ?? [];

/** A fence that knows that its modem is without registers. */
function asking(): Fence {
  const fence = new Fence();
  const probe = fence.probes('')[2];
  const [first, second] = questionsOf(probe);
  expect(hear(probe, `${first}: 1`, `${second}: 1`, 'OK')).toBe(true);
  return fence;
}

test('two numbers first, then four pairs of questions, none alike', () => {
  const lines = new Fence().probes('').map(({ line }) => line);
  expect(lines.map(line => line.startsWith('S10?S10='))).toEqual([true, true, false, false, false, false]);
  expect(new Set(lines).size).toBe(6);
});

test('a number proves it when it stands before the OK', () => {
  const [probe] = new Fence().probes('');
  expect(hear(probe, '014', nonceOf(probe), 'OK')).toBe(true);
});

test.each([
  ['an OK alone', () => ['OK']],
  ['an error behind it', (nonce: string) => [nonce, 'ERROR']],
  ['another number behind it', (nonce: string) => [nonce, '14', 'OK']],
  ['more than a number', (nonce: string) => [`x${nonce}`, 'OK']],
  ['more digits', (nonce: string) => [`${nonce}0`, 'OK']],
])('%s does not prove a number', (_, lines) => {
  const [probe] = new Fence().probes('');
  expect(hear(probe, ...lines(nonceOf(probe)))).toBe(false);
});

test('numbers lie where no modem has them by itself, and are 127 in turn', () => {
  const nonces = Array.from({ length: 127 }, () => Number(nonceOf(new Fence().probes('')[0])));
  expect(Math.min(...nonces)).toBeGreaterThanOrEqual(128);
  expect(Math.max(...nonces)).toBeLessThanOrEqual(254);
});

test('one that was proved by a number asks by numbers only, and puts back what stood there', () => {
  const fence = new Fence();
  const [probe] = fence.probes('');
  expect(fence.restoreLine).toBeUndefined();
  hear(probe, '014', nonceOf(probe), 'OK');
  expect(fence.restoreLine).toBe('S10=14');
  const again = fence.probes('');
  expect(again.every(({ line }) => line.startsWith('S10?'))).toBe(true);
  // What stands there now may be ours: the value is known once and for all.
  hear(again[0], '099', nonceOf(again[0]), 'OK');
  expect(fence.restoreLine).toBe('S10=14');
});

test('late answers to the first number tell the value, too', () => {
  const fence = new Fence();
  const [first, second] = fence.probes('');
  expect(hear(second, '014', nonceOf(first), 'OK', nonceOf(first), nonceOf(second), 'OK')).toBe(true);
  expect(fence.restoreLine).toBe('S10=14');
});

test('questions are proved by both answers in their order, however many lines each has', () => {
  const [probe] = asking().probes('');
  const [first, second] = questionsOf(probe);
  expect(hear(probe, `${first}: 1`, `${first}: 2`, `${second}: 1`, 'OK')).toBe(true);
});

test.each([
  ['an OK alone', () => ['OK']],
  ['the first alone', (first: string) => [`${first}: 1`, 'OK']],
  ['the second alone', (_: string, second: string) => [`${second}: 1`, 'OK']],
  ['the other order', (first: string, second: string) => [`${second}: 1`, `${first}: 1`, 'OK']],
  ['an error', (first: string, second: string) => [`${first}: 1`, `${second}: 1`, 'ERROR']],
  [
    'half of one answer and half of another',
    (first: string, second: string) => [`${first}: 1`, 'ERROR', `${second}: 1`, 'OK'],
  ],
  [
    'something else between',
    (first: string, second: string) => [`${first}: 1`, '+CFUNX', 'nonsense', `${second} 1`, 'OK'],
  ],
])('%s does not prove questions', (_, lines) => {
  const [probe] = asking().probes('');
  const [first = '', second = ''] = questionsOf(probe);
  expect(hear(probe, ...lines(first, second))).toBe(false);
});

test('a modem without registers is asked no more for a number, and never what just went wrong', () => {
  const fence = asking();
  for (let time = 0; time < 20; time++) {
    const lines = fence.probes('+CGATT?').map(({ line }) => line);
    expect(new Set(lines).size).toBe(6);
    expect(lines.filter(line => line.includes('S10') || line.includes('+CGATT'))).toEqual([]);
  }
  expect(fence.restoreLine).toBeUndefined();
});

test('all pairs have their turn before one comes again', () => {
  const fence = asking();
  const lines = Array.from({ length: 5 }, () => fence.probes('').map(({ line }) => line)).flat();
  expect(new Set(lines).size).toBe(30);
});
