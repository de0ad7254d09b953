/** Outgoing messages: a text becomes the SMS-SUBMIT of each of its parts (23.040 9.2.2.2). */
import { formatNumber } from './address.ts';
import { formatDataCoding } from './data-coding.ts';
import { formatConcatenation } from './header.ts';
import { splitText } from './parts.ts';
import { formatUserData } from './user-data.ts';
import { formatValidity } from './validity.ts';

export interface OutgoingMessage {
  /** A telephone number, an international one with its plus. */
  readonly to: string;
  readonly text: string;
  /** Tells the parts of this message from those of others to the same number; only used where there are several. */
  readonly reference: number;
  /** 8 unless told: every telephone knows those. */
  readonly referenceBits?: 8 | 16;
  /** Shown at once and not stored. */
  readonly flash?: boolean;
  /** Asks for a status report for each part. */
  readonly report?: boolean;
  /** How long the service centre tries; its own default unless told. */
  readonly validityMs?: number;
}

export interface SubmitPdu {
  /** Hexadecimal, with the length 0 of the service centre in front: the one on the SIM card. */
  readonly pdu: string;
  /** Octets behind the service centre, as `AT+CMGS` wants them counted. */
  readonly octets: number;
}

const SUBMIT = 0x01;
const RELATIVE_VALIDITY = 0x10;
const REPORT_REQUEST = 0x20;
const HAS_HEADER = 0x40;

/** @throws RangeError for a number, text, reference or validity that cannot be sent */
export function formatSubmit(message: OutgoingMessage): SubmitPdu[] {
  const { text, reference, referenceBits = 8, flash = false, report = false, validityMs } = message;
  if (!Number.isInteger(reference) || reference < 0 || reference >= 2 ** referenceBits)
    throw new RangeError(`${reference} is no reference of ${referenceBits} bits`);
  const to = formatNumber(message.to);
  const { alphabet, texts } = splitText(text, referenceBits);
  const total = texts.length;
  const first =
    SUBMIT |
    (validityMs === undefined ? 0 : RELATIVE_VALIDITY) |
    (report ? REPORT_REQUEST : 0) |
    (total > 1 ? HAS_HEADER : 0);
  const validity = validityMs === undefined ? [] : [formatValidity(validityMs)];
  return texts.map((part, index) => {
    const concatenation = { reference, referenceBits, total, sequence: index + 1 };
    const tpdu = Buffer.concat([
      // The modem puts its own message reference into the second octet.
      Buffer.from([first, 0]),
      to,
      Buffer.from([0, formatDataCoding(alphabet, flash), ...validity]),
      formatUserData(alphabet, part, total > 1 ? [formatConcatenation(concatenation)] : []),
    ]);
    return { pdu: `00${tpdu.toString('hex').toUpperCase()}`, octets: tpdu.length };
  });
}
