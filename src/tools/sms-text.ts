/** Short messages on a terminal: whatever a stranger wrote, it stays text (reliability.md S12). */
import type { ReceivedSms } from '../sms/messages.ts';
import { print } from './output.ts';

/** Controls of a terminal, C0 and C1, and those that turn the direction of what follows. */
const DANGEROUS = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Only line feeds stay. */
export const harmless = (text: string): string => text.replace(/\r\n?/g, '\n').replace(DANGEROUS, '');

/** A line about it, the text indented below, so that no text looks like the next message. */
export function printMessage(message: ReceivedSms & { readonly places?: readonly number[] }): void {
  const { from, at, text, data, missing, places } = message;
  const head = [
    ...(places ? [String(places[0])] : []),
    at ? at.toISOString().slice(0, 19).replace('T', ' ') : 'at an unknown time',
    harmless(from).replaceAll('\n', ' '),
    ...(missing.length > 0 ? [`(without part ${missing.join(', ')})`] : []),
  ];
  print(head.join('  '));
  for (const line of (data ? data.toString('hex') : harmless(text)).split('\n')) print(`    ${line}`);
}

/** For programs: the JSON encoder spells out control characters below a blank, and this the others. */
export const printJsonLine = (value: unknown): void =>
  print(
    JSON.stringify(value).replace(
      /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );

/** As a program reads it. */
export const plainMessage = (message: ReceivedSms): object => ({
  ...message,
  ...(message.data && { data: message.data.toString('hex') }),
});
