/** Names as they are asked for: checked, in ASCII, and in random case. */
import { randomBytes } from 'node:crypto';
import { domainToASCII } from 'node:url';

/** RFC 1035 2.3.4. A name of 255 bytes on the wire has 253 characters. */
const NAME_LENGTH = 253;
const LABEL_LENGTH = 63;

/**
 * Without the last dot, `.` for the root; undefined for what cannot be asked for: the characters are those of c-ares,
 * which lets no name through that a program could mistake for something else.
 */
export function queryName(name: string): string | undefined {
  if (name === '' || name === '.') return '.';
  // ASCII stays as it is: the conversion takes names that look like numbers for addresses.
  const ascii = isAscii(name) ? name : domainToASCII(name);
  const stripped = ascii.replace(/\.$/, '');
  if (stripped.length > NAME_LENGTH || /[^\w*/.-]/.test(stripped)) return undefined;
  const labels = stripped.split('.');
  return labels.every(({ length }) => length > 0 && length <= LABEL_LENGTH) ? stripped : undefined;
}

/** Each letter large or small by chance: a forger has to guess that too (draft-vixie-dnsext-dns0x20). */
export function randomCase(name: string): string {
  const chance = randomBytes(name.length);
  return name.replace(/[a-z]/gi, (letter, index: number) =>
    Number(chance[index]) & 1 ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);
