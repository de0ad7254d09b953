/** Why an order is not accepted; nothing has happened then. */

export type RefusalReason = 'key' | 'quota' | 'number' | 'text';

export class Refusal extends Error {
  readonly reason: RefusalReason;
  /** When it makes sense to ask again. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: RefusalReason, message: string, retryAfterMs?: number) {
    super(message);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}
