/** How many clients there may be: in all, and of one address that is not this computer's own (reliability.md S8). */
import { isIP } from 'node:net';

const OF_ONE_ADDRESS = 8;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** Why one more is too many; undefined: it is not. @param present the addresses of those who are there */
export function refusal(address: string, present: readonly string[], most: number): string | undefined {
  if (present.length >= most) return `there are ${most} clients already`;
  const isOwn = isIP(address) === 0 || LOOPBACK.test(address);
  if (isOwn || present.filter(other => other === address).length < OF_ONE_ADDRESS) return undefined;
  return `there are ${OF_ONE_ADDRESS} clients of that address already`;
}
