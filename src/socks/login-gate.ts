/** User and password: compared in constant time, and with patience for few mistakes (reliability.md S2). */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Attempts } from '../util/attempts.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

export class LoginGate {
  readonly #expected: Buffer;
  readonly #attempts = new Attempts();

  constructor({ user, password }: Login) {
    this.#expected = digest(Buffer.from(user), Buffer.from(password));
  }

  admits(address: string, user: Buffer, password: Buffer): boolean {
    return (
      this.#attempts.try(address, () => timingSafeEqual(digest(user, password), this.#expected)) ?? false
    );
  }
}

/** Each part is hashed, so that no other two parts give the same. */
function digest(user: Buffer, password: Buffer): Buffer {
  const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
  return sha256(Buffer.concat([sha256(user), sha256(password)]));
}
