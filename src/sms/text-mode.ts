/** Text mode, for a modem that has no other: single messages of any characters, and what is read as one. */
import type { Executor } from '../at/channel.ts';
import type { Command } from '../at/command.ts';
import {
  listTexts,
  readText,
  type StoredText,
  sendText,
  textMode,
  textParameters,
  ucs2Characters,
} from '../threegpp/sms-text-commands.ts';
import { formatDataCoding } from './codec/data-coding.ts';
import { splitText } from './codec/parts.ts';
import type { Deliver } from './codec/pdu.ts';
import { parseTimestamp } from './codec/timestamp.ts';
import { formatValidity } from './codec/validity.ts';
import type { Entry } from './entry.ts';
import type { OutgoingSms } from './messages.ts';

const SUBMIT = 0x01;
const RELATIVE_VALIDITY = 0x10;
const REPORT_REQUEST = 0x20;

const switchOn = async (at: Executor): Promise<void> => {
  await at.execute(textMode);
  await at.execute(ucs2Characters);
};

/** The command that sends it. @throws RangeError for a text that takes several parts: they cannot be told apart here */
export async function sendAsText(
  at: Executor,
  { to, text, flash = false, report = false, validity }: OutgoingSms,
  parts: number,
): Promise<Command<number>> {
  if (parts > 1)
    throw new RangeError(`a text of ${parts} parts needs PDU mode (AT+CMGF=0), which this modem refuses`);
  const first = SUBMIT | (validity === undefined ? 0 : RELATIVE_VALIDITY) | (report ? REPORT_REQUEST : 0);
  const coding = formatDataCoding(splitText(text).alphabet, flash);
  await switchOn(at);
  await at.execute(textParameters(first, validity === undefined ? 0 : formatValidity(validity), coding));
  return sendText(to, text);
}

export async function listAsText(at: Executor): Promise<Entry[]> {
  await switchOn(at);
  return (await at.execute(listTexts)).filter(({ isReceived }) => isReceived).map(entry);
}

export async function readAsText(at: Executor, place: number): Promise<string | undefined> {
  await switchOn(at);
  return (await at.execute(readText(place)))?.raw;
}

const entry = ({ index, raw, ...stored }: StoredText): Entry => ({
  place: index,
  raw,
  message: deliver(stored),
});

/** Which part of which message it is text mode does not tell. */
function deliver({ from, stamp, text }: Pick<StoredText, 'from' | 'stamp' | 'text'>): Deliver {
  const kind = from.startsWith('+') ? 'international' : /^[\d*#]+$/.test(from) ? 'unknown' : 'alphanumeric';
  return {
    type: 'deliver',
    serviceCentre: undefined,
    from: { kind, text: from },
    protocol: 0,
    at: readStamp(stamp),
    alphabet: 'ucs2',
    messageClass: undefined,
    header: [],
    concatenation: undefined,
    body: text,
  };
}

/** `26/11/21,21:30:15+04` as the seven octets that it came from. */
function readStamp(stamp: string): Deliver['at'] {
  const [, digits = '', sign, zone = ''] = /^([\d/,:]{17})([+-])(\d\d)$/.exec(stamp) ?? [];
  const swapped = (digits + zone).replace(/\D/g, '').replace(/(.)(.)/g, '$2$1');
  const octets = Buffer.from(swapped, 'hex');
  if (octets.length !== 7) return undefined;
  if (sign === '-') octets[6] = (octets[6] ?? 0) | 0x08;
  return parseTimestamp(octets);
}
