/** Semi-octets: two digits in one octet, the first one in the low half (23.040 9.1.2.3). */

/** The fill bits 1111 are no digit. */
const DIGITS = '0123456789*#abc';

/** A last odd digit gets fill bits beside it. */
export function formatSemiOctets(digits: string): Buffer {
  const nibbles = [...digits].map(digit => DIGITS.indexOf(digit));
  return Buffer.from(
    nibbles.flatMap((low, index) => (index % 2 ? [] : [low | ((nibbles[index + 1] ?? 0xf) << 4)])),
  );
}

/** Fill bits are left out, wherever they are. */
export function parseSemiOctets(octets: Buffer): string {
  return [...octets].map(octet => `${DIGITS[octet & 0xf] ?? ''}${DIGITS[octet >> 4] ?? ''}`).join('');
}
