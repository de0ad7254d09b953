/** The line editor of character mode: what is entered, and that the terminal always shows what the editor holds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Key, KeyReader } from '../../../src/telnet/keys.ts';
import { LineEditor } from '../../../src/telnet/line-editor.ts';
import { EMPTY_LINE, repaint } from '../../../src/telnet/repaint.ts';
import { TerminalRow } from './terminal.ts';

const SEED = 857;

function open() {
  const lines: string[] = [];
  const row = new TerminalRow();
  const editor = new LineEditor({ show: text => row.write(text), enter: line => void lines.push(line) });
  const keys = new KeyReader();
  const type = (text: string): void => {
    for (const byte of Buffer.from(text, 'latin1')) {
      const key = keys.read(byte);
      if (key) editor.press(key);
    }
  };
  return { editor, row, lines, type };
}

const [UP, DOWN, RIGHT, LEFT] = ['\x1b[A', '\x1b[B', '\x1b[C', '\x1b[D'];

describe('typed and entered', () => {
  test.each([
    ['a line', 'ATI\r', ['ATI']],
    ['an empty line', '\r', ['']],
    ['Backspace as 0x7f', 'ATX\x7fI\r', ['ATI']],
    ['Backspace as 0x08', 'ATX\x08I\r', ['ATI']],
    ['Backspace with nothing left of it', '\x7f\x7fATI\r', ['ATI']],
    ['Ctrl-U', 'nonsense\x15ATI\r', ['ATI']],
    ['Ctrl-U in the middle keeps what is right of it', `xxATI${LEFT.repeat(3)}\x15\r`, ['ATI']],
    ['Ctrl-W', 'LOCK me  \x17it\r', ['LOCK it']],
    ['Ctrl-W twice', 'LOCK me\x17\x17ATI\r', ['ATI']],
    ['Ctrl-C drops the line', 'AT+CFUN=0\x03ATI\r', ['ATI']],
    ['Left and Right', `TI${LEFT}${LEFT}A${RIGHT}${RIGHT}${RIGHT}1\r`, ['ATI1']],
    ['arrows of the other kind', 'TI\x1bOD\x1bODA\r', ['ATI']],
    ['arrows with Ctrl', 'TI\x1b[1;5D\x1b[1;5DA\r', ['ATI']],
    ['Enter in the middle of a line', `ATI${LEFT}\r`, ['ATI']],
    ['history', `ATI\r${UP}\r`, ['ATI', 'ATI']],
    ['older and newer, and back to what was typed', `A\rB\rC${UP}${UP}${DOWN}${DOWN}D\r`, ['A', 'B', 'CD']],
    ['a line from history, changed', `ATI\r${UP}9\r${UP}\r`, ['ATI', 'ATI9', 'ATI9']],
    ['nothing older, nothing newer', `${UP}${DOWN}A\r${UP}${UP}${DOWN}${DOWN}\r`, ['A', '']],
    ['after Ctrl-C history starts at its end', `A\rB\r${UP}${UP}\x03${UP}\r`, ['A', 'B', 'B']],
    ['a half escape sequence does not eat Enter', 'ATI\x1b\rATI\x1b[\r', ['ATI', 'ATI']],
    [
      'ESC, Ctrl-Z and other control characters are no part of a line',
      'A\x1a\x00T\x1b\x1b[ZI\xe4\r',
      ['ATI'],
    ],
  ])('%s', (_, typed, lines) => {
    const one = open();
    one.type(typed);
    expect(one.lines).toEqual(lines);
  });
});

test('a line has 4096 characters at most, and history 100 lines', () => {
  const { type, lines, row } = open();
  type(`${'A'.repeat(5_000)}\r`);
  expect(lines).toEqual(['A'.repeat(4_096)]);
  expect(row.bells).toBe(904);
  for (let line = 0; line < 150; line++) type(`${line}\r`);
  type(`${UP.repeat(200)}\r`);
  expect(lines.at(-1)).toBe('50');
});

test('a half line is shown again behind what came between, and can be taken away', () => {
  const { editor, row, type, lines } = open();
  type(`ATI${LEFT}`);
  editor.interrupt('\r\n+CREG: 1\r\n');
  expect(row.above).toEqual(['', '+CREG: 1']);
  expect([row.text, row.cursor]).toEqual(['ATI', 2]);
  expect(editor.take()).toBe('ATI');
  type('OK\r');
  expect(lines).toEqual(['OK']);
});

const line = fc
  .tuple(fc.string({ unit: fc.constantFrom('A', 'B', ' '), maxLength: 12 }), fc.nat())
  .map(([text, place]) => ({ text, cursor: place % (text.length + 1) }));

test(`repainting makes any line any other, seed ${SEED}`, () => {
  fc.assert(
    fc.property(line, line, (from, to) => {
      const row = new TerminalRow();
      row.write(repaint(EMPTY_LINE, from));
      row.write(repaint(from, to));
      expect([row.text, row.cursor]).toEqual([to.text.trimEnd(), to.cursor]);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
});

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom('A', 'T', '+', ' ').map(character => ({ character })),
  fc.constantFrom<Key>(
    'backspace',
    'left',
    'right',
    'up',
    'down',
    'erase-word',
    'erase-line',
    'cancel',
    'enter',
    'unknown',
  ),
);

test(`the terminal shows what is entered, whatever is pressed, seed ${SEED}`, () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), keys => {
      const { editor, row, lines } = open();
      for (const each of keys) editor.press(each);
      const shown = row.text;
      editor.press('enter');
      expect(lines.at(-1)?.trimEnd()).toBe(shown);
      expect(row.above.at(-1)).toBe(shown);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});
