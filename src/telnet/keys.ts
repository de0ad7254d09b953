/** The keys that a terminal's bytes stand for, in whatever pieces they come. */

export type ControlKey =
  | 'enter'
  | 'backspace'
  | 'erase-line'
  | 'erase-word'
  | 'cancel'
  | 'up'
  | 'down'
  | 'left'
  | 'right';

/** `unknown`: one that has no meaning in a command line, which is ASCII. */
export type Key = ControlKey | 'unknown' | { readonly character: string };

const ESC = 0x1b;
const CONTROL: Readonly<Record<number, ControlKey>> = {
  3: 'cancel',
  8: 'backspace',
  13: 'enter',
  21: 'erase-line',
  23: 'erase-word',
  127: 'backspace',
};
/** By the last byte of ESC [ … or ESC O …, as xterm and its kin send them. */
const ARROW: Readonly<Record<string, ControlKey>> = { A: 'up', B: 'down', C: 'right', D: 'left' };

export class KeyReader {
  /** How much of an escape sequence has come: nothing, its ESC, or that and its second byte. */
  #sequence: 'none' | 'begun' | 'open' = 'none';

  /** @returns the key that this byte completes */
  read(byte: number): Key | undefined {
    const sequence = this.#sequence;
    this.#sequence = 'none';
    const character = String.fromCharCode(byte);
    if (byte === ESC) this.#sequence = 'begun';
    else if (sequence === 'begun' && '[O'.includes(character)) this.#sequence = 'open';
    else if (sequence !== 'open' || !isPrintable(byte)) return keyOf(byte);
    else if (byte < 0x40) this.#sequence = 'open';
    else return ARROW[character] ?? 'unknown';
    return undefined;
  }
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

function keyOf(byte: number): Key {
  return isPrintable(byte) ? { character: String.fromCharCode(byte) } : (CONTROL[byte] ?? 'unknown');
}
