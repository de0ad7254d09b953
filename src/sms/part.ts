/** Parts of received messages: what makes two of them the same one, and what a program sees of them joined. */
import { createHash } from 'node:crypto';
import type { Assembled } from './codec/assembly.ts';
import type { Deliver, StatusReport } from './codec/pdu.ts';
import type { DeliveryStatus } from './codec/status.ts';
import type { ReceivedSms, SmsReport } from './messages.ts';

export interface Part extends Deliver {
  readonly key: string;
  readonly raw: string;
}

/** A service centre that repeats itself keeps its time stamp, but not every bit of the rest. */
export function partOf(message: Deliver, raw: string): Part {
  const { from, at, alphabet, concatenation, body } = message;
  const octets = Buffer.from(body).toString('base64');
  return { ...message, raw, key: digest([from, at?.date.getTime(), alphabet, concatenation, octets]) };
}

export function joined({ parts, body, missing }: Assembled<Part>): ReceivedSms {
  const [first] = parts;
  return {
    id: digest(parts.map(({ key }) => key)),
    from: first?.from.text ?? '',
    text: typeof body === 'string' ? body : '',
    ...(typeof body !== 'string' && { data: body }),
    at: first?.at?.date,
    flash: first?.messageClass === 0,
    parts: parts.length + missing.length,
    missing,
  };
}

const STATES: Readonly<Record<DeliveryStatus, SmsReport['state']>> = {
  delivered: 'delivered',
  forwarded: 'delivered',
  replaced: 'failed',
  failed: 'failed',
  pending: 'pending',
  unknown: 'pending',
};

export const reportOf = ({ messageReference, to, status, since }: StatusReport): SmsReport => ({
  reference: messageReference,
  to: to.text,
  state: STATES[status],
  at: since?.date,
});

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
