/** A command line that is typed at a terminal which leaves echo and editing to us. */
import { History } from './history.ts';
import type { Key } from './keys.ts';
import { EMPTY_LINE, type Line, repaint } from './repaint.ts';

export interface LineEditorEvents {
  /** For the terminal. */
  show(text: string): void;
  /** A whole line, without its end. */
  enter(line: string): void;
}

/** As of any client's line (reliability.md S8). */
const LINE_CHARACTERS = 4096;
const BELL = '\x07';

export class LineEditor {
  readonly #events: LineEditorEvents;
  readonly #history = new History();
  #line = EMPTY_LINE;
  readonly #actions: Readonly<Record<Exclude<Key, object>, () => void>> = {
    enter: () => this.#enter(),
    cancel: () => this.#cancel(),
    left: () => this.#moveTo(Math.max(0, this.#line.cursor - 1)),
    right: () => this.#moveTo(Math.min(this.#line.text.length, this.#line.cursor + 1)),
    up: () => this.#recall(this.#history.older(this.#line.text)),
    down: () => this.#recall(this.#history.newer()),
    backspace: () => this.#eraseFrom(Math.max(0, this.#line.cursor - 1)),
    'erase-word': () => this.#eraseFrom(this.#wordStart()),
    'erase-line': () => this.#eraseFrom(0),
    unknown: () => this.#events.show(BELL),
  };

  constructor(events: LineEditorEvents) {
    this.#events = events;
  }

  press(key: Key): void {
    if (typeof key === 'object') this.#insert(key.character);
    else this.#actions[key]();
  }

  /** What is typed so far, which is forgotten. It stays on the screen. */
  take(): string {
    const { text } = this.#line;
    this.#line = EMPTY_LINE;
    this.#history.rewind();
    return text;
  }

  /** Shows something that is not of this line, which goes on behind it. */
  interrupt(text: string): void {
    this.#events.show(repaint(this.#line, EMPTY_LINE) + text + repaint(EMPTY_LINE, this.#line));
  }

  #enter(): void {
    this.#endOnScreen('\r\n');
    const line = this.take();
    this.#history.add(line);
    this.#events.enter(line);
  }

  #cancel(): void {
    this.#endOnScreen('^C\r\n');
    this.take();
  }

  #endOnScreen(end: string): void {
    this.#moveTo(this.#line.text.length);
    this.#events.show(end);
  }

  #moveTo(cursor: number): void {
    this.#put({ text: this.#line.text, cursor });
  }

  #wordStart(): number {
    return this.#line.text.slice(0, this.#line.cursor).trimEnd().lastIndexOf(' ') + 1;
  }

  #insert(character: string): void {
    const { text, cursor } = this.#line;
    if (text.length === LINE_CHARACTERS) this.#events.show(BELL);
    else this.#put({ text: text.slice(0, cursor) + character + text.slice(cursor), cursor: cursor + 1 });
  }

  /** What stands between there and the cursor. */
  #eraseFrom(start: number): void {
    const { text, cursor } = this.#line;
    this.#put({ text: text.slice(0, start) + text.slice(cursor), cursor: start });
  }

  #recall(text: string | undefined): void {
    if (text === undefined) this.#events.show(BELL);
    else this.#put({ text, cursor: text.length });
  }

  #put(line: Line): void {
    this.#events.show(repaint(this.#line, line));
    this.#line = line;
  }
}
