/** Messages in text mode: how a stored one is shown, and how a written one becomes a TPDU (27.005 3.1, 4). */
import { Refusal } from '../refusal.ts';
import { fromSeptets, pack, toSeptets } from './alphabet.ts';
import type { Charset, MessageSettings } from './settings.ts';
import { type Stored, states } from './storage.ts';
import { formatAddress, HAS_HEADER, parseAddress, parseSubmit, readUserData } from './tpdu.ts';

const STAMP_OCTETS = 7;

export interface Shown {
  /** What follows the index, and the text behind it; a report has none. */
  readonly header: string;
  readonly text: string | undefined;
}

export function showMessage({ pdu, state }: Stored, settings: MessageSettings): Shown {
  const tpdu = pdu.subarray(1 + (pdu[0] ?? 0));
  const stat = `"${states[state]}"`;
  const first = tpdu[0] ?? 0;
  if ((first & 3) === 2) return showReport(tpdu, stat);
  const submit = parseSubmit(tpdu);
  if (submit) {
    const { to, coding, length, data } = submit;
    const header = `${stat},${shownAddress(to, settings.charset)},`;
    return { header, text: shownText(first, coding, length, data, settings.charset) };
  }
  const addressEnd = 3 + Math.ceil((tpdu[1] ?? 0) / 2);
  const [protocol = 0, coding = 0] = tpdu.subarray(addressEnd);
  const stampEnd = addressEnd + 2 + STAMP_OCTETS;
  const stamp = shownStamp(tpdu.subarray(addressEnd + 2, stampEnd));
  const length = tpdu[stampEnd] ?? 0;
  const more = settings.showsHeader ? `,${tpdu[2]},${first},${protocol},${coding},,,${length}` : '';
  const address = shownAddress(tpdu.subarray(1, addressEnd), settings.charset);
  return {
    header: `${stat},${address},,${stamp}${more}`,
    text: shownText(first, coding, length, tpdu.subarray(stampEnd + 1), settings.charset),
  };
}

function showReport(tpdu: Buffer, stat: string): Shown {
  const addressEnd = 4 + Math.ceil((tpdu[2] ?? 0) / 2);
  const stampEnd = addressEnd + STAMP_OCTETS;
  const [sent, done] = [
    tpdu.subarray(addressEnd, stampEnd),
    tpdu.subarray(stampEnd, stampEnd + STAMP_OCTETS),
  ];
  const to = `"${parseAddress(tpdu.subarray(2, addressEnd))}",${tpdu[3]}`;
  const status = tpdu[stampEnd + STAMP_OCTETS];
  return {
    header: `${stat},6,${tpdu[1]},${to},${shownStamp(sent)},${shownStamp(done)},${status}`,
    text: undefined,
  };
}

const shownAddress = (field: Buffer, charset: Charset): string =>
  `"${charset === 'UCS2' ? ucs2(parseAddress(field)) : parseAddress(field)}"`;

/** `"26/11/21,21:30:00+00"`; the zone in quarters of an hour. */
function shownStamp(stamp: Buffer): string {
  const digits = stamp.toString('hex').replace(/(.)(.)/g, '$2$1');
  return `"${digits.replace(/(..)(..)(..)(..)(..)(..)(..)/, '$1/$2/$3,$4:$5:$6+$7')}"`;
}

/** With a header, or without characters, in hexadecimal (27.005 3.1, `<data>`). */
function shownText(first: number, coding: number, length: number, data: Buffer, charset: Charset): string {
  if (first & HAS_HEADER || (coding & 0x0c) !== 0) return data.toString('hex').toUpperCase();
  const { text } = readUserData(coding, length, data, false);
  if (charset === 'UCS2') return ucs2(text);
  if (charset === 'IRA') return text.replace(/[^\x20-\x7e\r\n]/g, '?');
  return String.fromCharCode(...(toSeptets(text) ?? []));
}

const ucs2 = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('hex').toUpperCase();

/** @throws Refusal 305 for what does not fit */
export function writtenMessage(number: string, typed: Buffer, settings: MessageSettings): Buffer {
  const [first = 0, validity = 0, protocol = 0, coding = 0] = settings.text;
  const to = readCharset(Buffer.from(number, 'latin1'), settings.charset);
  if (!/^\+?[\d*#]{1,20}$/.test(to)) throw new Refusal({ cms: 305 });
  const isHex = (first & HAS_HEADER) !== 0 || (coding & 0x0c) !== 0;
  const septets = isHex ? undefined : toSeptets(readCharset(typed, settings.charset));
  if (!isHex && !septets) throw new Refusal({ cms: 305 });
  const data = septets ? pack(septets) : fromHex(typed.toString('latin1'));
  if (data.length > 140) throw new Refusal({ cms: 305 });
  const hasValidity = (first & 0x18) === 0x10;
  return Buffer.concat([
    Buffer.from([first, 0]),
    formatAddress(to),
    Buffer.from([protocol, coding, ...(hasValidity ? [validity] : []), septets?.length ?? data.length]),
    data,
  ]);
}

function readCharset(typed: Buffer, charset: Charset): string {
  if (charset === 'GSM') return fromSeptets([...typed].map(octet => octet & 0x7f));
  if (charset === 'IRA') return typed.toString('latin1');
  const octets = fromHex(typed.toString('latin1'));
  if (octets.length % 2 === 1) throw new Refusal({ cms: 305 });
  return octets.swap16().toString('utf16le');
}

function fromHex(digits: string): Buffer {
  if (!/^(?:[\da-f]{2})*$/i.test(digits)) throw new Refusal({ cms: 305 });
  return Buffer.from(digits, 'hex');
}
