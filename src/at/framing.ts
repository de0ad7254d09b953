/** What a dialect tells the channel about its lines. */
import type { Block } from './framer.ts';

/** Answered without knowing which command is pending. */
export interface Framing {
  /** Counted data that a line announces. */
  block(line: string): Block | undefined;
  /** Lines that say: the modem has restarted, nothing of before is left. */
  readonly bootLines: readonly string[];
  /**
   * A payload is counted, and ESC is a byte of it like any other: when a prompt is missing nothing more may be
   * written, since the peer would receive it (reliability.md F12).
   */
  readonly countsPayload?: boolean;
  /** Looks like a final result code, but may come unasked while `commandLine` runs. */
  stray?(line: string, commandLine: string): boolean;
}
