/** The user data of a short message: header, then septets, UTF-16 or plain octets (23.040 9.2.3.24). */
import { type Alphabet, type DataCoding, parseDataCoding } from './data-coding.ts';
import { formatGsm7, parseGsm7 } from './gsm7.ts';
import {
  type Concatenation,
  findConcatenation,
  formatHeader,
  type HeaderElement,
  parseHeader,
} from './header.ts';
import type { PduReader } from './pdu-reader.ts';
import { packSeptets, unpackSeptets } from './septets.ts';

/** Octets that one short message carries, header and all. */
export const MOST_OCTETS = 140;

export interface UserData extends DataCoding {
  /** All elements, those that nobody here knows, too. */
  readonly header: readonly HeaderElement[];
  readonly concatenation: Concatenation | undefined;
  /** Octets where the alphabet is `binary`. */
  readonly body: string | Buffer;
}

/** Length octet, header, text. @throws RangeError where it does not fit into one short message */
export function formatUserData(
  alphabet: 'gsm7' | 'ucs2',
  text: string,
  elements: readonly HeaderElement[],
): Buffer {
  const header = formatHeader(elements);
  const septets = alphabet === 'gsm7' ? formatGsm7(text) : undefined;
  if (alphabet === 'gsm7' && !septets) throw new RangeError('the text has characters that are not GSM 7-bit');
  const body = septets ? packSeptets(septets, fillBits(header)) : Buffer.from(text, 'utf16le').swap16();
  const octets = header.length + body.length;
  if (octets > MOST_OCTETS) throw new RangeError(`${octets} octets do not fit into one short message`);
  const length = septets ? headerSeptets(header) + septets.length : octets;
  return Buffer.concat([Buffer.from([length]), header, body]);
}

/** @throws PduError where a length leads beyond the end */
export function parseUserData(reader: PduReader, dataCoding: number, hasHeader: boolean): UserData {
  const coding = parseDataCoding(dataCoding);
  const length = reader.u8();
  const octets = coding.alphabet === 'gsm7' ? Math.ceil((length * 7) / 8) : length;
  if (octets > MOST_OCTETS) throw reader.error(`user data of ${octets} octets`);
  const data = reader.take(octets);
  const headerEnd = hasHeader ? (data[0] ?? 0) + 1 : 0;
  if (headerEnd > data.length) throw reader.error('its header is longer than the user data');
  const header = parseHeader(data.subarray(1, headerEnd));
  return {
    ...coding,
    header,
    concatenation: findConcatenation(header),
    body: parseBody(coding.alphabet, data, data.subarray(0, headerEnd), length),
  };
}

function parseBody(alphabet: Alphabet, data: Buffer, header: Buffer, length: number): string | Buffer {
  const body = data.subarray(header.length);
  if (alphabet === 'binary') return body;
  if (alphabet === 'gsm7')
    return parseGsm7(unpackSeptets(body, Math.max(0, length - headerSeptets(header)), fillBits(header)));
  // Half a character at the end is none.
  return Buffer.from(body.subarray(0, body.length & ~1))
    .swap16()
    .toString('utf16le');
}

/** Places of septets that a header takes, the fill bits behind it included. */
const headerSeptets = (header: Buffer): number => Math.ceil((header.length * 8) / 7);

const fillBits = (header: Buffer): number => headerSeptets(header) * 7 - header.length * 8;
