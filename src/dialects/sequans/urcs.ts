/** Unsolicited result codes of Sequans modems, and the counted data in their lines (sequans.md 1.5, 3.8, 3.9). */

import type { Block } from '../../at/framer.ts';
import type { Framing } from '../../at/framing.ts';
import type { Param } from '../../at/params.ts';
import type { UrcRule } from '../../at/urc.ts';
import { MAX_BYTES } from './commands.ts';

export interface Ring {
  readonly id: number;
  /** Absent in the short form. */
  readonly bytes: number | undefined;
  /** Only in the form that pushes: these bytes need not be fetched. */
  readonly data: Buffer | undefined;
}

/** `+SQNSRING: 1`, `+SQNSRING: 1,5`, `+SQNSRING: 1,5,hello` */
export const ring: UrcRule<Ring> = {
  prefix: '+SQNSRING',
  parse: ([id, bytes], data) =>
    typeof id === 'number'
      ? { id, bytes: typeof bytes === 'number' ? bytes : undefined, data: data && bytesOf(data, bytes) }
      : undefined,
};

/** The length counts bytes, also where they come in hex. */
const bytesOf = (data: Buffer, bytes: Param): Buffer =>
  data.length === bytes ? data : Buffer.from(data.toString('latin1'), 'hex');

/** `+SQNSH: 1`: the connection is gone. */
export const hangup: UrcRule<number> = {
  prefix: '+SQNSH',
  parse: ([id]) => (typeof id === 'number' ? id : undefined),
};

/** Data are followed by CR LF and by the CR LF before the next line, and by nothing else (3.8: "2 + 6 bytes"). */
const TRAILER = '\r\n\r\n';

const RECEIVED = /^\+SQNSRECV: ?\d+,(\d+)/;
const PUSHED = /^\+SQNSRING: ?\d+,(\d+),/;

export const framing = (hex: boolean): Framing => ({
  // Hex text is a line like any other.
  block: line => (hex ? undefined : received(line)) ?? pushed(line),
  // No abort is known (3.6).
  countsPayload: true,
  bootLines: ['+SYSSTART', '^SYSSTART'],
  // "last PDN disconnection not allowed" comes unasked on some firmware (1.4).
  stray: (line, commandLine) => line === '+CME ERROR: 171' && !/^\+CG(ACT|ATT)=0/.test(commandLine),
});

function received(line: string): Block | undefined {
  const bytes = Number(RECEIVED.exec(line)?.[1] ?? 0);
  return bytes > 0 && bytes <= MAX_BYTES ? { bytes, trailer: TRAILER } : undefined;
}

/** An old configuration in the modem's memory may ring with data inside the line (3.9). */
function pushed(line: string): Block | undefined {
  const [head = '', count] = PUSHED.exec(line) ?? [];
  const bytes = Number(count ?? 0);
  if (bytes === 0 || bytes > MAX_BYTES) return undefined;
  const hex = line.length === head.length + 2 * bytes;
  return { bytes: hex ? 2 * bytes : bytes, inlineAt: head.length, trailer: '\r\n' };
}
