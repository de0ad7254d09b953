/** What a fault leaves of the bytes at which it strikes. */
import type { Way } from './fault.ts';

export function damaged(way: Way | undefined, bytes: Buffer, start: number, end: number): Buffer {
  const [before, part, after] = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
  if (way === 'lost') return Buffer.concat([before, after]);
  if (way === 'doubled') return Buffer.concat([before, part, part, after]);
  // The highest bit: what a framing error usually leaves.
  return Buffer.concat([before, Buffer.from(part.map(byte => byte ^ 0x80)), after]);
}

export async function* late(first: Buffer, second: Buffer, ms: number): AsyncGenerator<Buffer> {
  yield first;
  await new Promise<void>(resolve => setTimeout(resolve, ms));
  yield second;
}
