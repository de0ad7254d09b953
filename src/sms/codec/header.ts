/** The user data header: elements in front of the text, foremost which part of which message it is (23.040 9.2.3.24). */

export interface HeaderElement {
  readonly id: number;
  readonly data: Buffer;
}

export interface Concatenation {
  readonly reference: number;
  readonly referenceBits: 8 | 16;
  readonly total: number;
  /** From 1. */
  readonly sequence: number;
}

const CONCATENATED_8 = 0x00;
const CONCATENATED_16 = 0x08;

/** With its length in front; empty where there are no elements. */
export function formatHeader(elements: readonly HeaderElement[]): Buffer {
  if (elements.length === 0) return Buffer.alloc(0);
  const body = Buffer.concat(elements.flatMap(({ id, data }) => [Buffer.from([id, data.length]), data]));
  return Buffer.concat([Buffer.from([body.length]), body]);
}

/** Without its length. Where the elements do not fill it exactly, the standard wants all of them ignored. */
export function parseHeader(header: Buffer): HeaderElement[] {
  const elements: HeaderElement[] = [];
  for (let at = 0; at < header.length; ) {
    const id = header.readUInt8(at);
    const end = at + 2 + (header[at + 1] ?? header.length);
    if (end > header.length) return [];
    elements.push({ id, data: header.subarray(at + 2, end) });
    at = end;
  }
  return elements;
}

export function formatConcatenation(part: Concatenation): HeaderElement {
  const { reference, referenceBits, total, sequence } = part;
  return referenceBits === 8
    ? { id: CONCATENATED_8, data: Buffer.from([reference, total, sequence]) }
    : { id: CONCATENATED_16, data: Buffer.from([reference >> 8, reference & 0xff, total, sequence]) };
}

/** The last one counts; one that contradicts itself does not. */
export function findConcatenation(elements: readonly HeaderElement[]): Concatenation | undefined {
  return elements.map(parseConcatenation).findLast(found => found !== undefined);
}

function parseConcatenation({ id, data }: HeaderElement): Concatenation | undefined {
  const referenceBits = id === CONCATENATED_8 ? 8 : 16;
  const width = referenceBits / 8;
  if ((id !== CONCATENATED_8 && id !== CONCATENATED_16) || data.length !== width + 2) return undefined;
  const total = data.readUInt8(width);
  const sequence = data.readUInt8(width + 1);
  if (sequence === 0 || sequence > total) return undefined;
  return { reference: data.readUIntBE(0, width), referenceBits, total, sequence };
}
