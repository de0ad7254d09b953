/** Rules for unsolicited result codes and their dispatch. */
import type { Param } from './params.ts';

/** How one unsolicited result code is recognised and understood. undefined: not this one after all. */
export interface UrcRule<E> {
  /** Exact name before the colon, or the whole line if it has none. */
  readonly prefix: string;
  /** What it says. */
  readonly parse: (params: readonly Param[], data?: Buffer) => E | undefined;
}

/** A line that was no command's: known to a rule or not. */
export interface Urc {
  /** The whole of it. */
  readonly line: string;
  /** What stands before the colon. */
  readonly name: string;
  /** What stands behind it. */
  readonly params: readonly Param[];
  /** Counted bytes that came with it. */
  readonly data?: Buffer;
}

/** What a listener throws is an uncaught exception, as with any event; the bytes behind its line are not lost. */
export function shielded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

type Handler = (params: readonly Param[], data: Buffer | undefined) => boolean;

/** Who listens to which unsolicited result code. */
export class UrcTable {
  readonly #handlers = new Map<string, Set<Handler>>();

  /** Returns the way to stop. */
  add<E>(rule: UrcRule<E>, listener: (event: E) => void): () => void {
    const handler: Handler = (params, data) => {
      const event = rule.parse(params, data);
      if (event === undefined) return false;
      shielded(() => listener(event));
      return true;
    };
    const handlers = this.#handlers.get(rule.prefix) ?? new Set();
    this.#handlers.set(rule.prefix, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  knows(name: string): boolean {
    return (this.#handlers.get(name)?.size ?? 0) > 0;
  }

  /** True if a rule understood it. Works on a copy: a listener may add and remove rules. */
  dispatch(name: string, params: readonly Param[], data?: Buffer): boolean {
    let understood = false;
    for (const handler of [...(this.#handlers.get(name) ?? [])]) {
      understood = handler(params, data) || understood;
    }
    return understood;
  }
}
