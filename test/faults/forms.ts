/** The forms in which faults come: false URCs, floods, hostile lengths, and the bytes whose change nobody could see. */
import type { Saying } from '../../src/sim/saying.ts';
import type { DialectName, Way } from './fault.ts';

/** Legal lines that say what is not so, of the connection in use and of others. */
const FALSE_URCS: Readonly<Record<DialectName, readonly ((id: number) => string)[]>> = {
  sequans: [
    id => `+SQNSRING: ${id},5`,
    id => `+SQNSRING: ${id}`,
    id => `+SQNSH: ${id}`,
    () => '+SQNSRING: 99,5',
    () => '+SQNSRING: -1,5',
    () => `+SQNSRING: ${'7'.repeat(40)}`,
    () => '+SQNSH: 007',
    () => '+CEREG: 1',
    () => '+UNHEARD: "of"',
  ],
  'quectel-qfwd': [
    id => `+QFWDURC: "client/read",${id}`,
    id => `+QFWDURC: "client/close",${id}`,
    () => '+QFWDURC: "client/read",99',
    () => '+QFWDURC: "client/close",-1',
    () => `+QFWDURC: "client/read",${'7'.repeat(40)}`,
    () => '+QFWDURC: "server/strange",1',
    () => '+CEREG: 1',
    () => '+UNHEARD: "of"',
  ],
};

const LENGTHS = ['-1', '1', '7', '1499', '1501', '65536', '2147483648', '9'.repeat(20)];
/** Behind the data of an answer; payloads contain it, too. */
const END = '\r\nOK\r\n';
const FLOOD_LINES = 2_000;

export function falseUrc(dialect: DialectName, id: number, choice: number): string {
  const forms = FALSE_URCS[dialect];
  return `\r\n${forms[choice % forms.length]?.(id)}\r\n`;
}

export function floodUrcs(dialect: DialectName, id: number): string {
  return Array.from({ length: FLOOD_LINES }, (_, index) => falseUrc(dialect, id, index)).join('');
}

/** Another number of bytes in the header than follow it; undefined if so many of them stand before what looks like the end. */
export function hostileLength(bytes: Buffer, choice: number): Buffer | undefined {
  const start = payloadStart(bytes);
  const header = bytes.toString('latin1', 0, start);
  const length = LENGTHS[choice % LENGTHS.length] ?? '';
  const behind = start + Math.max(0, Number(length));
  if (bytes.toString('latin1', behind, behind + END.length) === END) return undefined;
  return Buffer.concat([Buffer.from(header.replace(/,\d+/, `,${length}`), 'latin1'), bytes.subarray(start)]);
}

/** Behind the header and its line end. */
export function payloadStart(bytes: Buffer): number {
  return bytes.indexOf('\r\n', 2) + 2;
}

/*
 * What follows are the limits of a line without flow control or checksum: changes that leave something legal with another
 * meaning, which no driver can see. They are not made; RTS/CTS, USB or TLS are what helps (reliability.md F15).
 */

const isChange = (way: Way): boolean => way === 'lost' || way === 'doubled' || way === 'altered';

/** A payload is what its length says; a command that asks for one, written twice, is the payload of the first. */
export function isSafeWrite(way: Way, line: Buffer, isPayload: boolean): boolean {
  if (isPayload) return !isChange(way);
  return way !== 'doubled' || !/^AT\+(?:SQNSSENDEXT|QFWDP?SEND)/.test(line.toString('latin1'));
}

/** Digits of a number and what is between quotes; a second CR, which is the first byte of a payload (sequans.md 1.2). */
export function isSafeOut(way: Way, line: Buffer, at: number, isPayload: boolean): boolean {
  if (!isChange(way)) return true;
  if (isPayload) return false;
  const text = line.toString('latin1');
  const quotes = text.slice(0, at).split('"').length - 1;
  const isCr = text[at] === '\r' && way === 'doubled';
  return quotes % 2 === 0 && !/\d/.test(text[at] ?? '0') && !isCr;
}

/**
 * Another payload byte, sender or address; another count behind a send, which looks like one that was taken in part. No
 * modem puts a URC into a line.
 */
export function isSafeIn(way: Way, { kind, bytes }: Saying, at: number): boolean {
  const text = bytes.toString('latin1');
  if (way === 'urc') return kind !== 'info' || at === 0;
  if (!isChange(way)) return true;
  if (kind === 'info') return !(/^\s*\+(?:QFWDSEND|SQNDNSLKUP)/.test(text) && /\d/.test(text[at] ?? ''));
  if (kind !== 'data') return true;
  const start = payloadStart(bytes);
  if (at >= start) return way !== 'altered';
  return !text.slice(0, at + 1).includes('"');
}
