/** The dialogue for people: since when, who, and payload by its size; in colour on a terminal. */
import { styleText } from 'node:util';
import { unquote } from '../util/quote.ts';

/** Longer runs of bytes are told by their number. */
const SHOWN_BYTES = 48;

export function createPainter(
  screen: { readonly isTTY?: boolean },
  write: (text: string) => void,
): (step: string) => void {
  const colours = screen.isTTY === true && !process.env.NO_COLOR;
  const paint = (style: 'dim' | 'cyan' | 'green' | 'yellow', text: string): string =>
    colours ? styleText(style, text) : text;
  const began = performance.now();
  return step => {
    const since = ((performance.now() - began) / 1_000).toFixed(3).padStart(8);
    const [, mark = '', text = step] = /^(>>?|<<?) +(.*)$/s.exec(step) ?? [];
    const style = mark.startsWith('>') ? 'cyan' : /^(OK|CONNECT)$/.test(text) ? 'dim' : 'green';
    write(
      `${paint('dim', since)} ${mark.padEnd(2)} ${paint(style, mark.length === 2 ? sized(text) : text)}\n`,
    );
  };
}

function sized(text: string): string {
  const bytes = unquote(text).length;
  return bytes > SHOWN_BYTES ? `${text.slice(0, SHOWN_BYTES)}… (${bytes} bytes)` : text;
}
