/** The 7-bit alphabet of short messages, as the simulator knows it (23.038 6.2.1). */

const ROWS = [
  '@£$¥èéùìòÇ\nØø\rÅå',
  'Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ',
  ' !"#¤%&\'()*+,-./',
  '0123456789:;<=>?',
  '¡ABCDEFGHIJKLMNO',
  'PQRSTUVWXYZÄÖÑÜ§',
  '¿abcdefghijklmno',
  'pqrstuvwxyzäöñüà',
].join('');

const ESCAPE = 0x1b;
const BEHIND_ESCAPE = '\f^{}\\[~]|€';
const THEIR_SEPTETS = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];

/** undefined where a character is not in it. */
export function toSeptets(text: string): number[] | undefined {
  const septets: number[] = [];
  for (const character of text) {
    const plain = character === '\x1b' ? -1 : ROWS.indexOf(character);
    const escaped = THEIR_SEPTETS[BEHIND_ESCAPE.indexOf(character)];
    if (plain >= 0) septets.push(plain);
    else if (escaped !== undefined) septets.push(ESCAPE, escaped);
    else return undefined;
  }
  return septets;
}

export function fromSeptets(septets: readonly number[]): string {
  return septets
    .map((septet, index) => {
      if (septets[index - 1] !== ESCAPE) return septet === ESCAPE ? '' : ROWS.charAt(septet);
      const at = THEIR_SEPTETS.indexOf(septet);
      return at < 0 ? ROWS.charAt(septet) : BEHIND_ESCAPE.charAt(at);
    })
    .join('');
}

/** As a number in base 128 whose lowest digit comes first: that is all there is to the packing (23.038 6.1.2.1). */
export function pack(septets: readonly number[], skipBits = 0): Buffer {
  let bits = 0n;
  septets.forEach((septet, index) => {
    bits |= BigInt(septet) << BigInt(skipBits + index * 7);
  });
  const octets = Math.ceil((skipBits + septets.length * 7) / 8);
  return Buffer.from(bits.toString(16).padStart(octets * 2, '0'), 'hex').reverse();
}

export function unpack(octets: Buffer, count: number, skipBits = 0): number[] {
  const bits = BigInt(`0x0${Buffer.from(octets).reverse().toString('hex')}`);
  return Array.from({ length: count }, (_, index) => Number((bits >> BigInt(skipBits + index * 7)) & 0x7fn));
}
