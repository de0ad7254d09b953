/** The GSM 7-bit default alphabet with its extension table, character by character (23.038 6.2.1). */

const ESCAPE = 0x1b;

/** In the order of the table; at 0x1b stands what is shown where an escape leads nowhere. */
const DEFAULT =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
]);

// The blank at 0x1b comes before the true one at 0x20, so the later entry is right.
const SEPTETS: ReadonlyMap<string, readonly number[]> = new Map([
  ...[...DEFAULT].map((character, septet): [string, number[]] => [character, [septet]]),
  ...[...EXTENSION].map(([septet, character]): [string, number[]] => [character, [ESCAPE, septet]]),
]);

/** One septet, or two for a character of the extension table; undefined where the alphabet lacks it. */
export const gsm7Character = (character: string): readonly number[] | undefined => SEPTETS.get(character);

/** Undefined where a character is not in the alphabet: nothing is replaced by what looks like it. */
export function formatGsm7(text: string): number[] | undefined {
  const septets: number[] = [];
  for (const character of text) {
    const found = SEPTETS.get(character);
    if (!found) return undefined;
    septets.push(...found);
  }
  return septets;
}

/** What the extension table lacks is shown as in the main table, an escape without a successor as a blank. */
export function parseGsm7(septets: readonly number[]): string {
  let text = '';
  let escaped = false;
  for (const septet of septets) {
    const special = escaped ? EXTENSION.get(septet) : undefined;
    if (septet === ESCAPE && !escaped) escaped = true;
    else {
      text += special ?? DEFAULT.charAt(septet);
      escaped = false;
    }
  }
  return escaped ? `${text} ` : text;
}
