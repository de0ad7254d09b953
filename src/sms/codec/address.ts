/** Who a short message is from or for: a number, or a name that a service calls itself (23.040 9.1.2.5). */
import { parseGsm7 } from './gsm7.ts';
import type { PduReader } from './pdu-reader.ts';
import { formatSemiOctets, parseSemiOctets } from './semi-octets.ts';
import { unpackSeptets } from './septets.ts';

/** In the order of their numbers in the standard. */
const KINDS = [
  'unknown',
  'international',
  'national',
  'network',
  'subscriber',
  'alphanumeric',
  'abbreviated',
  'reserved',
] as const;

export type AddressKind = (typeof KINDS)[number];

export interface Address {
  readonly kind: AddressKind;
  /** Digits, an international number with its plus; or the name. */
  readonly text: string;
}

const MOST_SEMI_OCTETS = 20;
/** Types of number, both of the telephone's numbering plan. */
const INTERNATIONAL = 0x91;
const UNKNOWN = 0x81;

/** @throws RangeError for what is no telephone number */
export function formatNumber(text: string): Buffer {
  if (!/^\+?[\d*#]{1,20}$/.test(text)) throw new RangeError(`${JSON.stringify(text)} is no telephone number`);
  const digits = text.replace('+', '');
  return Buffer.concat([
    Buffer.from([digits.length, text.startsWith('+') ? INTERNATIONAL : UNKNOWN]),
    formatSemiOctets(digits),
  ]);
}

/** Its length counts semi-octets without the type. */
export function parseAddress(reader: PduReader): Address {
  const length = reader.u8();
  if (length > MOST_SEMI_OCTETS) throw reader.error(`an address of ${length} digits`);
  const kind = parseKind(reader.u8());
  const octets = reader.take(Math.ceil(length / 2));
  if (kind === 'alphanumeric')
    return { kind, text: parseGsm7(unpackSeptets(octets, Math.floor((length * 4) / 7))) };
  return { kind, text: withPlus(kind, parseSemiOctets(octets).slice(0, length)) };
}

/** In front of the message proper; its length counts octets with the type, and is 0 where the modem's own is meant. */
export function parseServiceCentre(reader: PduReader): string | undefined {
  const length = reader.u8();
  if (length === 0) return undefined;
  const kind = parseKind(reader.u8());
  return withPlus(kind, parseSemiOctets(reader.take(length - 1)));
}

const parseKind = (type: number): AddressKind => KINDS[(type >> 4) & 7] ?? 'reserved';

const withPlus = (kind: AddressKind, digits: string): string =>
  kind === 'international' ? `+${digits}` : digits;
