/** Septets packed into octets, lowest bit first, behind the fill bits that a header wants (23.038 6.1.2.1). */

export function packSeptets(septets: readonly number[], fillBits = 0): Buffer {
  const octets = Buffer.alloc(Math.ceil((fillBits + septets.length * 7) / 8));
  septets.forEach((septet, index) => {
    const bit = fillBits + index * 7;
    const shifted = septet << (bit % 8);
    const at = Math.floor(bit / 8);
    octets[at] = (octets[at] ?? 0) | (shifted & 0xff);
    if (shifted > 0xff) octets[at + 1] = shifted >> 8;
  });
  return octets;
}

/** Bits that the octets lack are zero; whoever calls knows how many octets there must be. */
export function unpackSeptets(octets: Buffer, count: number, fillBits = 0): number[] {
  return Array.from({ length: count }, (_, index) => {
    const bit = fillBits + index * 7;
    const at = Math.floor(bit / 8);
    const two = (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8);
    return (two >> (bit % 8)) & 0x7f;
  });
}
