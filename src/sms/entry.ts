/** One received message, report, or what nobody can read, in its place on the card. */
import type { Deliver, StatusReport, Submit } from './codec/pdu.ts';

export interface Entry {
  readonly place: number;
  /** The PDU, or what text mode shows. */
  readonly raw: string;
  readonly message: Deliver | StatusReport | Submit | Error;
}
