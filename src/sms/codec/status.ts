/** What became of a message, as a status report says it (23.040 9.2.3.15). */

/** `forwarded`: the service centre cannot say whether it arrived. `pending`: it goes on trying. */
export type DeliveryStatus = 'delivered' | 'forwarded' | 'replaced' | 'pending' | 'failed' | 'unknown';

const COMPLETED: readonly DeliveryStatus[] = ['delivered', 'forwarded', 'replaced'];

export function parseStatus(octet: number): DeliveryStatus {
  if (octet < 0x20) return COMPLETED[octet] ?? 'unknown';
  if (octet < 0x40) return 'pending';
  return octet < 0x80 ? 'failed' : 'unknown';
}
