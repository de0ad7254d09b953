/** Unsolicited result codes of the QFWD family, and the counted data in its replies (quectel-qfwd.md 1.9, 2.2). */

import type { Block, BlockForm } from '../../at/framer.ts';
import type { Framing } from '../../at/framing.ts';
import type { Param } from '../../at/params.ts';
import type { UrcRule } from '../../at/urc.ts';
import type { Endpoint } from '../../driver/port.ts';
import { endpoint, MAX_BYTES } from './commands.ts';

export type SocketEvent =
  | { readonly kind: 'opened'; readonly id: number; readonly server: boolean; readonly result: number }
  | {
      readonly kind: 'incoming';
      readonly id: number;
      readonly server: number;
      readonly remote: Endpoint | undefined;
    }
  | { readonly kind: 'readable' | 'closed'; readonly id: number };

/** `+QFWDURC: "client/read",100` and its likes. Fields behind the known ones are ignored. */
export const socketUrc: UrcRule<SocketEvent> = {
  prefix: '+QFWDURC',
  parse: ([name, ...fields]) => parseEvent(String(name).replace(/\s/g, '').toLowerCase(), fields),
};

function parseEvent(name: string, [id, second, address, port]: readonly Param[]): SocketEvent | undefined {
  if (typeof id !== 'number') return undefined;
  switch (name) {
    case 'server/open':
    case 'client/open':
      // A result that is no plain number is negative or a word: a failure.
      return {
        kind: 'opened',
        id,
        server: name === 'server/open',
        result: typeof second === 'number' ? second : -1,
      };
    case 'client/incoming':
      return typeof second === 'number' && second !== id
        ? { kind: 'incoming', id: second, server: id, remote: endpoint(address, port) }
        : undefined;
    case 'client/read':
      return { kind: 'readable', id };
    case 'client/close':
      return { kind: 'closed', id };
    default:
      return undefined;
  }
}

/** The reply to a read has two values, that to a look at the buffers has seven. */
const READ = /^\+QFWDP?(?:RECV|ACK):\s*\d+\s*,\s*(\d+)(,?)$/;

/** Data end with a line end of their own, as in the QI family; or with the one before the next line (2.2, "probably"). */
const TRAILER = '\r\n\r\n';
const PROVES_TWO = '\r\n\r\nOK\r\n';
const PROVES_ONE = '\r\nOK\r\n';
/** A URC behind data. */
const ONE_AND_URC = '\r\n+';
/** The manual's table prints commas around CR and LF: all that may be meant by it, the longest first. */
const COMMA_LEADS = [',\n,', ',', ''] as const;

const ANY_TRAILER = [PROVES_TWO, PROVES_ONE, TRAILER] as const;

/**
 * Firmware frames its data in one way: the first reply shows in which, the second confirms it, and no other is believed
 * from then on. A first one with bytes lost can look like another way: what is not confirmed is forgotten.
 */
export function createFraming(): Framing {
  let leads: readonly string[] = COMMA_LEADS;
  let trailers: readonly string[] = ANY_TRAILER;
  let confirmed = false;
  const found = (form: BlockForm | undefined): void => {
    if (!form) {
      if (!confirmed) [leads, trailers] = [COMMA_LEADS, ANY_TRAILER];
      return;
    }
    const { lead, trailer } = form;
    confirmed ||= trailers !== ANY_TRAILER;
    leads = [lead];
    if (trailer === PROVES_TWO) trailers = [TRAILER];
    if (trailer === PROVES_ONE) trailers = [PROVES_ONE, ONE_AND_URC];
  };
  const block = (line: string): Block | undefined => {
    const [, count, comma] = READ.exec(line) ?? [];
    const bytes = Number(count ?? 0);
    if (bytes === 0 || bytes > MAX_BYTES) return undefined;
    const forms = (comma ? leads : ['']).flatMap(lead => trailers.map(trailer => ({ lead, trailer })));
    return { bytes, trailer: TRAILER, forms, found };
  };
  // Practice says that a fixed length is transparent (3.5).
  return { block, countsPayload: true, bootLines: ['RDY', 'APP RDY', 'NORMAL POWER DOWN', 'POWERED DOWN'] };
}
