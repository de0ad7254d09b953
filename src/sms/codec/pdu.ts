/** A PDU of a modem's storage, or of a URC, becomes a message: received, its status report, or one of our own (23.040 9.2.2). */
import { type Address, parseAddress, parseServiceCentre } from './address.ts';
import { PduReader } from './pdu-reader.ts';
import { type DeliveryStatus, parseStatus } from './status.ts';
import { parseTimestamp, type Timestamp } from './timestamp.ts';
import { parseUserData, type UserData } from './user-data.ts';
import { parseValidity } from './validity.ts';

/** SMS-DELIVER. */
export interface Deliver extends UserData {
  readonly type: 'deliver';
  readonly serviceCentre: string | undefined;
  readonly from: Address;
  readonly protocol: number;
  /** When the service centre had it; undefined where it says nonsense. */
  readonly at: Timestamp | undefined;
}

/** SMS-STATUS-REPORT. */
export interface StatusReport {
  readonly type: 'report';
  readonly serviceCentre: string | undefined;
  /** The message reference that `+CMGS` told. */
  readonly messageReference: number;
  readonly to: Address;
  readonly at: Timestamp | undefined;
  /** When the status was reached. */
  readonly since: Timestamp | undefined;
  readonly status: DeliveryStatus;
  readonly statusCode: number;
}

/** SMS-SUBMIT, as a storage keeps it. */
export interface Submit extends UserData {
  readonly type: 'submit';
  readonly serviceCentre: string | undefined;
  readonly messageReference: number;
  readonly to: Address;
  readonly protocol: number;
  readonly report: boolean;
  readonly validityMs: number | undefined;
}

const TIMESTAMP_OCTETS = 7;
const HAS_HEADER = 0x40;

/** What stands behind the message's last octet is ignored. @throws PduError */
export function parsePdu(pdu: string): Deliver | StatusReport | Submit {
  const reader = new PduReader(pdu);
  const serviceCentre = parseServiceCentre(reader);
  const first = reader.u8();
  const kind = first & 3;
  if (kind === 1) return parseSubmit(reader, serviceCentre, first);
  if (kind === 2) return parseReport(reader, serviceCentre);
  // The reserved kind 3 is to be read as SMS-DELIVER (23.040 9.2.3.1).
  return parseDeliver(reader, serviceCentre, first);
}

function parseDeliver(reader: PduReader, serviceCentre: string | undefined, first: number): Deliver {
  const from = parseAddress(reader);
  const protocol = reader.u8();
  const dataCoding = reader.u8();
  const at = parseTimestamp(reader.take(TIMESTAMP_OCTETS));
  const userData = parseUserData(reader, dataCoding, (first & HAS_HEADER) !== 0);
  return { type: 'deliver', serviceCentre, from, protocol, at, ...userData };
}

/** Reports may carry user data; nobody is known who puts something there. */
function parseReport(reader: PduReader, serviceCentre: string | undefined): StatusReport {
  const messageReference = reader.u8();
  const to = parseAddress(reader);
  const at = parseTimestamp(reader.take(TIMESTAMP_OCTETS));
  const since = parseTimestamp(reader.take(TIMESTAMP_OCTETS));
  const statusCode = reader.u8();
  const status = parseStatus(statusCode);
  return { type: 'report', serviceCentre, messageReference, to, at, since, status, statusCode };
}

function parseSubmit(reader: PduReader, serviceCentre: string | undefined, first: number): Submit {
  const messageReference = reader.u8();
  const to = parseAddress(reader);
  const protocol = reader.u8();
  const dataCoding = reader.u8();
  const validityMs = takeValidity(reader, (first >> 3) & 3);
  const userData = parseUserData(reader, dataCoding, (first & HAS_HEADER) !== 0);
  const report = (first & 0x20) !== 0;
  return { type: 'submit', serviceCentre, messageReference, to, protocol, report, validityMs, ...userData };
}

/** Absent, enhanced, relative, absolute: only the relative one is understood. */
function takeValidity(reader: PduReader, format: number): number | undefined {
  if (format === 2) return parseValidity(reader.u8());
  if (format !== 0) reader.take(TIMESTAMP_OCTETS);
  return undefined;
}
