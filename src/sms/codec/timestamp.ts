/** The time at a service centre, with the zone of its clock (23.040 9.2.3.11). */
import { parseSemiOctets } from './semi-octets.ts';

export interface Timestamp {
  readonly date: Date;
  /** What its clock is ahead of UTC. */
  readonly zoneMinutes: number;
}

/** The sign of the zone, in its first digit. */
const WEST = 0x08;

/** Seven octets. Undefined where they are no time: networks send zeros, and that is no reason to lose a message. */
export function parseTimestamp(octets: Buffer): Timestamp | undefined {
  const zone = octets.readUInt8(6);
  const digits = parseSemiOctets(octets.subarray(0, 6));
  const quarters = parseSemiOctets(Buffer.from([zone & ~WEST]));
  if (!/^\d{14}$/.test(digits + quarters)) return undefined;
  const local = digits.replace(/^(..)(..)(..)(..)(..)(..)$/, '20$1-$2-$3T$4:$5:$6.000Z');
  const localMs = Date.parse(local);
  // The 31st of February would become a day in March.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) return undefined;
  const zoneMinutes = Number(quarters) * (zone & WEST ? -15 : 15);
  return { date: new Date(localMs - zoneMinutes * 60_000), zoneMinutes };
}
