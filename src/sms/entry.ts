/** One received message, report, or what nobody can read, in its place on the card. */
import { type Deliver, parsePdu, type StatusReport, type Submit } from './codec/pdu.ts';
import { PduError } from './codec/pdu-reader.ts';

export interface Entry {
  readonly place: number;
  /** The PDU, or what text mode shows. */
  readonly raw: string;
  readonly message: Deliver | StatusReport | Submit | Error;
}

/** What the PDU says; the error, where that is nothing. */
export function messageIn(pdu: string): Entry['message'] {
  try {
    return parsePdu(pdu);
  } catch (error) {
    if (error instanceof PduError) return error;
    throw error;
  }
}
