/** User and password: compared in constant time, and with patience for few mistakes (reliability.md S2). */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** After so many failures of an address it is not listened to until its minute is over. */
const FAILURES = 5;
const MINUTE_MS = 60_000;
/** Whoever guesses from more addresses than this gets more guesses, but no more memory. */
const ADDRESSES = 1_000;

export class LoginGate {
  readonly #expected: Buffer;
  readonly #failures = new Map<string, { count: number; readonly until: number }>();

  constructor({ user, password }: Login) {
    this.#expected = digest(Buffer.from(user), Buffer.from(password));
  }

  admits(address: string, user: Buffer, password: Buffer): boolean {
    const now = performance.now();
    for (const [each, { until }] of this.#failures) if (until <= now) this.#failures.delete(each);
    const failed = this.#failures.get(address) ?? { count: 0, until: now + MINUTE_MS };
    if (failed.count >= FAILURES) return false;
    if (timingSafeEqual(digest(user, password), this.#expected)) return true;
    failed.count++;
    this.#failures.set(address, failed);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    return false;
  }
}

/** Each part is hashed, so that no other two parts give the same. */
function digest(user: Buffer, password: Buffer): Buffer {
  const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
  return sha256(Buffer.concat([sha256(user), sha256(password)]));
}
