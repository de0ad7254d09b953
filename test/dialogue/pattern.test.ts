/** Patterns: written out, and compared with whatever part of the bytes has come. */
import { describe, expect, it } from 'vitest';
import { parseDialogue } from './parser.ts';
import { compare, type Pattern, type Values, writeOut } from './pattern.ts';

function pattern(step: string): Pattern {
  const [first] = parseDialogue(`title a\nsource b\nmodem c\n${step}`, 'a.at').steps;
  if (first?.kind !== 'bytes') throw new Error(`${step} says nothing`);
  return first.pattern;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('writeOut', () => {
  it('gives a free variable its first value, and it keeps it', () => {
    const values: Values = new Map([['b', '9']]);
    expect(writeOut(pattern('> AT={a:1},{b:2},{a}'), values)).toEqual(bytes('AT=1,9,1\r'));
    expect(values.get('a')).toBe('1');
  });
});

describe('compare', () => {
  it.each([
    ['', 'more'],
    ['AT=', 'more'],
    ['AT=12', 'more'],
    ['AT=12,"x y"', 'more'],
    ['AT=12,"x y",12\r', 15],
    ['AT=12,"x y",12\rAT', 15],
    ['AT=12,"x y",13\r', 'different'],
    ['AT=x', 'different'],
    ['AT=12,""', 'different'],
    ['at', 'different'],
  ])('%j', (text, result) => {
    expect(compare(pattern('> AT={a:1},"{b:t}",{a}'), bytes(text), new Map())).toBe(result);
  });

  it.each([
    ['< {a:"tcp"}', '\r\n"TCP"\r\n', '"TCP"'],
    ['< {a:"tcp"}', '\r\nTCP\r\n', 'TCP'],
    ['< {a:tcp}', '\r\n"TCP"\r\n', undefined],
  ])('a text with quotes stands for one with or without: %j, %j', (step, text, value) => {
    const values: Values = new Map();
    compare(pattern(step), bytes(text), values);
    expect(values.get('a')).toBe(value);
  });

  it('binds variables only when all agrees', () => {
    const values: Values = new Map();
    expect(compare(pattern('> AT={a:1},x'), bytes('AT=7,y'), values)).toBe('different');
    expect(values.size).toBe(0);
    expect(compare(pattern('> AT={a:1},x'), bytes('AT=7,x\r'), values)).toBe(7);
    expect(values.get('a')).toBe('7');
  });

  it('holds a known variable to its value', () => {
    expect(compare(pattern('> AT={a:1}'), bytes('AT=7\r'), new Map([['a', '8']]))).toBe('different');
  });
});
