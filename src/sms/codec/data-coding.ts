/** What the user data are, and how urgent: the data coding scheme (23.038 4). */

/** `binary` is what has no characters, or characters that are compressed. */
export type Alphabet = 'gsm7' | 'ucs2' | 'binary';

export interface DataCoding {
  readonly alphabet: Alphabet;
  /** 0 is shown at once and not stored ("flash"). */
  readonly messageClass: number | undefined;
}

const ALPHABETS: readonly Alphabet[] = ['gsm7', 'binary', 'ucs2'];

export const formatDataCoding = (alphabet: 'gsm7' | 'ucs2', flash: boolean): number =>
  (alphabet === 'ucs2' ? 0x08 : 0) | (flash ? 0x10 : 0);

/** Reserved codings are read as the default alphabet, as the standard wants it. */
export function parseDataCoding(octet: number): DataCoding {
  const group = octet >> 4;
  if (group < 0x8) {
    const compressed = (octet & 0x20) !== 0;
    return {
      alphabet: compressed ? 'binary' : (ALPHABETS[(octet >> 2) & 3] ?? 'gsm7'),
      messageClass: octet & 0x10 ? octet & 3 : undefined,
    };
  }
  // Data coding with a class, and the indications that messages wait.
  if (group === 0xf) return { alphabet: octet & 0x04 ? 'binary' : 'gsm7', messageClass: octet & 3 };
  return { alphabet: group === 0xe ? 'ucs2' : 'gsm7', messageClass: undefined };
}
