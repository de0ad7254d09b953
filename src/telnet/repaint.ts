/** Changes what a terminal shows of a line, with characters, blanks and backspaces, which every terminal knows. */

export interface Line {
  readonly text: string;
  /** How many of its characters are left of the cursor. */
  readonly cursor: number;
}

export const EMPTY_LINE: Line = { text: '', cursor: 0 };

/** What turns one into the other on the screen. */
export function repaint(from: Line, to: Line): string {
  if (from.text === to.text) return move(to.text, from.cursor, to.cursor);
  const same = commonStart(from.text, to.text);
  const blanks = Math.max(0, from.text.length - to.text.length);
  const back = '\b'.repeat(blanks + to.text.length - to.cursor);
  return move(from.text, from.cursor, same) + to.text.slice(same) + ' '.repeat(blanks) + back;
}

const move = (text: string, from: number, to: number): string =>
  to < from ? '\b'.repeat(from - to) : text.slice(from, to);

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
