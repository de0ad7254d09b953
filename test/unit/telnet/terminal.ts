/** One row of a terminal that knows characters, Backspace, CR, LF and the bell, and nothing else. */

export class TerminalRow {
  #cells: string[] = [];
  cursor = 0;
  bells = 0;
  /** The rows that were left behind. */
  readonly above: string[] = [];

  write(text: string): void {
    for (const character of text) this.#put(character);
  }

  /** What is to be seen; blanks at the end are not. */
  get text(): string {
    return this.#cells.join('').trimEnd();
  }

  #put(character: string): void {
    if (character === '\x07') this.bells++;
    else if (character === '\b') this.cursor = Math.max(0, this.cursor - 1);
    else if (character === '\r') this.cursor = 0;
    else if (character === '\n') this.#scroll();
    else if (character < ' ') throw new Error(`a terminal may not know ${JSON.stringify(character)}`);
    else this.#cells[this.cursor++] = character;
  }

  #scroll(): void {
    this.above.push(this.text);
    this.#cells = Array.from({ length: this.cursor }, () => ' ');
  }
}
