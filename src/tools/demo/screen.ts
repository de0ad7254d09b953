/** Shows two things that happen at once: what a program does, and beside it the AT dialogue. */
import type { styleText } from 'node:util';

/** `styleText` or, where colours are not wanted, nothing. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

export interface Screen {
  program(text: string): void;
  /** A line of the dialogue, with its mark: `>  AT`, `<  OK`. */
  modem(line: string): void;
  /** A line of its own, over the whole width. */
  say(text?: string): void;
}

const PROGRAM_WIDTH = 48;
/** Below this the columns would be too narrow for an AT command. */
const TWO_COLUMNS = 96;
const LONGEST_LINE = 110;
const SIDES = { program: 'program | ', modem: 'modem   | ' };

/** Two columns on a wide terminal, else lines that say whose they are. */
export function createScreen(
  columns: number | undefined,
  paint: Paint,
  print: (line: string) => void,
): Screen {
  return columns !== undefined && columns >= TWO_COLUMNS
    ? twoColumns(columns, paint, print)
    : oneColumn(paint, print);
}

function twoColumns(columns: number, paint: Paint, print: (line: string) => void): Screen {
  /** What the program did stands beside the next line of the dialogue, which it causes. */
  let waiting: string | undefined;
  const row = (left: string, right: string): void => {
    const program = clip(left, PROGRAM_WIDTH);
    const dialogue = clip(right, columns - PROGRAM_WIDTH - 4);
    const line = `${paint('bold', program.padEnd(PROGRAM_WIDTH))} ${paint('dim', '│')}`;
    print(dialogue === '' ? line : `${line} ${paintStep(paint, dialogue)}`);
  };
  const flush = (): void => {
    if (waiting !== undefined) row(waiting, '');
    waiting = undefined;
  };
  return {
    program: text => {
      flush();
      waiting = text;
    },
    modem: line => {
      row(waiting ?? '', line);
      waiting = undefined;
    },
    say: (text = '') => {
      flush();
      print(text);
    },
  };
}

function oneColumn(paint: Paint, print: (line: string) => void): Screen {
  return {
    program: text => print(paint('bold', SIDES.program + clip(text, LONGEST_LINE))),
    modem: line => print(paint('dim', SIDES.modem) + paintStep(paint, clip(line, LONGEST_LINE))),
    say: (text = '') => print(text),
  };
}

function paintStep(paint: Paint, step: string): string {
  return paint(step.startsWith('>') ? 'cyan' : step.startsWith('<') ? 'green' : 'dim', step);
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
