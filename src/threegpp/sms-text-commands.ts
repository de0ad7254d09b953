/** Commands for short messages in text mode, where a modem has no PDU mode: all characters in hexadecimal (27.005 3, 4). */
import { type Command, type InfoLine, set } from '../at/command.ts';
import { number } from './number.ts';
import { LIST_MS, SEND_MS } from './sms-commands.ts';

export const textMode = set('+CMGF', [1]);

/** With any other set a text could hold Ctrl-Z, ESC or the end of a line. */
export const ucs2Characters = set('+CSCS', ['UCS2']);

/** @param first octet of SMS-SUBMIT @param validity as one octet, without meaning where `first` has none */
export const textParameters = (first: number, validity: number, coding: number): Command =>
  set('+CSMP', [first, validity, 0, coding]);

/** Message reference. */
export const sendText = (to: string, text: string): Command<number> =>
  set('+CMGS', [ucs2(to)], {
    prefix: '+CMGS',
    payload: Buffer.from(`${ucs2(text)}\x1a`, 'latin1'),
    openEnded: true,
    secret: true,
    timeoutMs: SEND_MS,
    parse: ({ info }) => number(info[0]?.params[0]),
  });

export interface StoredText {
  readonly index: number;
  readonly isReceived: boolean;
  readonly from: string;
  /** `26/11/21,21:30:15+04`: the zone in quarters of an hour. */
  readonly stamp: string;
  readonly text: string;
  /** Header and text as they came. */
  readonly raw: string;
}

/** All messages of the storage that reading goes to. Reports are left out: they have a form of their own, without a text. */
export const listTexts = set('+CMGL', ['ALL'], {
  prefix: '+CMGL',
  text: true,
  secret: true,
  timeoutMs: LIST_MS,
  parse: ({ info }): StoredText[] =>
    info.flatMap((line, at) => {
      if (!line.text.startsWith('+CMGL')) return [];
      const [index, ...rest] = line.params;
      return storedText(number(index), rest, info[at + 1]);
    }),
});

export const readText = (index: number): Command<StoredText | undefined> =>
  set('+CMGR', [index], {
    prefix: '+CMGR',
    text: true,
    secret: true,
    parse: ({ info: [line, next] }) => storedText(index, line?.params ?? [], next)[0],
  });

function storedText(index: number, params: InfoLine['params'], line: InfoLine | undefined): StoredText[] {
  const [state, from, , stamp] = params;
  if (typeof from !== 'string' || !line || !/^(?:[\da-f]{4})*$/i.test(line.text)) return [];
  return [
    {
      index,
      isReceived: String(state).startsWith('REC'),
      from: fromUcs2(from),
      stamp: String(stamp ?? ''),
      text: fromUcs2(line.text),
      raw: `${from},${stamp},${line.text}`,
    },
  ];
}

const ucs2 = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('hex').toUpperCase();

/** Some modems write numbers as they are. */
const fromUcs2 = (digits: string): string =>
  /^(?:[\da-f]{4})+$/i.test(digits) && !/^\d{1,15}$/.test(digits)
    ? Buffer.from(digits, 'hex').swap16().toString('utf16le')
    : digits;
