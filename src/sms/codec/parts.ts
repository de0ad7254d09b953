/** A text cut into the parts that short messages carry; no character is cut in two. */
import { formatGsm7, gsm7Character } from './gsm7.ts';
import { MOST_OCTETS } from './user-data.ts';

export interface Parts {
  readonly alphabet: 'gsm7' | 'ucs2';
  readonly texts: readonly string[];
}

/** Octets of the header that says which part it is, its own length included. */
const HEADER_OCTETS = { 8: 6, 16: 7 } as const;
/** The total is one octet. */
const MOST_PARTS = 255;

/**
 * GSM 7-bit where it has all characters: 160 septets, or 153 in each part; else UTF-16: 70 units, or 67. One less in
 * each part (152 and 66) with references of 16 bits.
 * @throws RangeError for a text of more than 255 parts
 */
export function splitText(text: string, referenceBits: 8 | 16 = 8): Parts {
  const alphabet = formatGsm7(text) ? 'gsm7' : 'ucs2';
  const single = cut(text, alphabet, MOST_OCTETS);
  const texts =
    single.length === 1 ? single : cut(text, alphabet, MOST_OCTETS - HEADER_OCTETS[referenceBits]);
  if (texts.length > MOST_PARTS)
    throw new RangeError(`a text of ${texts.length} parts, ${MOST_PARTS} are possible`);
  return { alphabet, texts };
}

function cut(text: string, alphabet: 'gsm7' | 'ucs2', octets: number): string[] {
  const room = Math.floor(alphabet === 'gsm7' ? (octets * 8) / 7 : octets / 2);
  const texts: string[] = [];
  let part = '';
  let used = 0;
  // Goes by code points, so surrogates stay together; an escape and its character are one character here.
  for (const character of text) {
    const size = alphabet === 'gsm7' ? (gsm7Character(character)?.length ?? 0) : character.length;
    if (used + size > room) {
      texts.push(part);
      part = '';
      used = 0;
    }
    part += character;
    used += size;
  }
  return [...texts, part];
}
