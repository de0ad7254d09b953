/** What a service centre makes of a submitted message: the same user data, on their way to the other telephone. */

/** 2026-11-21 20:30:15, one hour ahead of UTC. */
export const STAMP = '62111202035140';

/** @param submit with no validity: service centre, type, reference, number, protocol, coding, user data */
export function carried(submit: string, stamp = STAMP): string {
  const octets = Buffer.from(submit, 'hex');
  const hasHeader = octets.readUInt8(1) & 0x40;
  const digits = octets.readUInt8(3);
  const coding = 5 + Math.ceil(digits / 2);
  return Buffer.concat([
    Buffer.from([0, hasHeader | 0x04]),
    octets.subarray(3, coding + 2),
    Buffer.from(stamp, 'hex'),
    octets.subarray(coding + 2),
  ]).toString('hex');
}
