/** PDUs as a service centre sees them: SMS-SUBMIT taken apart, SMS-DELIVER and SMS-STATUS-REPORT made (23.040 9.2.2). */
import { fromSeptets, unpack } from './alphabet.ts';

/** What follows the address of the service centre in a PDU of a modem. */
export interface Submit {
  readonly first: number;
  /** The address as it stands: length, type, digits. */
  readonly to: Buffer;
  readonly protocol: number;
  readonly coding: number;
  readonly validity: Buffer;
  /** In septets or octets. */
  readonly length: number;
  readonly data: Buffer;
}

export interface UserData {
  readonly text: string;
  readonly part:
    | { readonly reference: number; readonly total: number; readonly sequence: number }
    | undefined;
}

export const HAS_HEADER = 0x40;
export const WANTS_REPORT = 0x20;
const VALIDITY_OCTETS = [0, 7, 1, 7];
const MOST_OCTETS = 140;

/** undefined where it is none, or too short, or too long. */
export function parseSubmit(tpdu: Buffer): Submit | undefined {
  const first = tpdu[0] ?? 0;
  const digits = tpdu[2] ?? 0;
  const addressEnd = 4 + Math.ceil(digits / 2);
  const validityEnd = addressEnd + 2 + (VALIDITY_OCTETS[(first >> 3) & 3] ?? 0);
  const length = tpdu[validityEnd];
  if ((first & 3) !== 1 || digits > 20 || length === undefined) return undefined;
  const coding = tpdu[addressEnd + 1] ?? 0;
  const data = tpdu.subarray(validityEnd + 1);
  const octets = isSeptets(coding) ? Math.ceil((length * 7) / 8) : length;
  if (data.length !== octets || octets > MOST_OCTETS) return undefined;
  return {
    first,
    to: tpdu.subarray(2, addressEnd),
    protocol: tpdu[addressEnd] ?? 0,
    coding,
    validity: tpdu.subarray(addressEnd + 2, validityEnd),
    length,
    data,
  };
}

/** The general groups of 23.038 4; whatever else there is counts as 7-bit. */
const isSeptets = (coding: number): boolean => alphabetOf(coding) === 0;
const alphabetOf = (coding: number): number => (coding < 0x80 ? (coding >> 2) & 3 : 0);

/** What is neither of the two alphabets is shown in hexadecimal. */
export function readUserData(coding: number, length: number, data: Buffer, hasHeader: boolean): UserData {
  const headerEnd = hasHeader ? (data[0] ?? 0) + 1 : 0;
  const part = partOf(data.subarray(1, headerEnd));
  const body = data.subarray(headerEnd);
  if (isSeptets(coding)) {
    const headerSeptets = Math.ceil((headerEnd * 8) / 7);
    const skip = headerSeptets * 7 - headerEnd * 8;
    return { text: fromSeptets(unpack(body, Math.max(0, length - headerSeptets), skip)), part };
  }
  const text =
    alphabetOf(coding) === 2 ? Buffer.from(body).swap16().toString('utf16le') : body.toString('hex');
  return { text, part };
}

function partOf(header: Buffer): UserData['part'] {
  for (let at = 0; at + 1 < header.length; at += 2 + (header[at + 1] ?? 0)) {
    const data = header.subarray(at + 2);
    const [one = 0, two = 0, three = 0, four = 0] = data;
    if (header[at] === 0) return { reference: one, total: two, sequence: three };
    if (header[at] === 8) return { reference: one * 256 + two, total: three, sequence: four };
  }
  return undefined;
}

export function formatAddress(number: string): Buffer {
  const digits = number.replace('+', '');
  return Buffer.concat([
    Buffer.from([digits.length, number.startsWith('+') ? 0x91 : 0x81]),
    semiOctets(digits),
  ]);
}

export function parseAddress(field: Buffer): string {
  const [digits = 0, type = 0] = field;
  if ((type & 0x70) === 0x50) return fromSeptets(unpack(field.subarray(2), Math.floor((digits * 4) / 7)));
  const text = [...field.subarray(2)]
    .map(octet => `${(octet & 0xf).toString(16)}${(octet >> 4).toString(16)}`)
    .join('')
    .slice(0, digits)
    .replaceAll('a', '*')
    .replaceAll('b', '#');
  return (type & 0x70) === 0x10 ? `+${text}` : text;
}

function semiOctets(digits: string): Buffer {
  const nibbles = digits.replaceAll('*', 'a').replaceAll('#', 'b');
  const even = nibbles.length % 2 === 0 ? nibbles : `${nibbles}f`;
  return Buffer.from(even.replace(/(.)(.)/g, '$2$1'), 'hex');
}

/** As a PDU has it: the length in octets. */
export function formatCentre(number: string): Buffer {
  const [, ...rest] = formatAddress(number);
  return Buffer.from([rest.length, ...rest]);
}

/** Its clock is at UTC. */
export function formatStamp(time: Date): Buffer {
  return semiOctets(`${time.toISOString().replace(/\D/g, '').slice(2, 14)}00`);
}

export interface Delivery extends Omit<Submit, 'first' | 'to' | 'validity'> {
  readonly from: Buffer;
  readonly hasHeader: boolean;
}

export function formatDeliver(message: Delivery, time: Date): Buffer {
  const { from, protocol, coding, length, data, hasHeader } = message;
  return Buffer.concat([
    Buffer.from([0x04 | (hasHeader ? HAS_HEADER : 0)]),
    from,
    Buffer.from([protocol, coding]),
    formatStamp(time),
    Buffer.from([length]),
    data,
  ]);
}

export function formatReport(reference: number, to: Buffer, status: number, time: Date): Buffer {
  const stamp = formatStamp(time);
  return Buffer.concat([Buffer.from([0x06, reference]), to, stamp, stamp, Buffer.from([status])]);
}
