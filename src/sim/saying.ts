/** Sayings: what a simulated modem says, piece by piece, with a tag outside the bytes that tells why. */

export type SayingKind = 'echo' | 'info' | 'data' | 'prompt' | 'result' | 'urc';

export interface Saying {
  /** `data` is a header and its counted bytes in one piece. */
  readonly kind: SayingKind;
  readonly bytes: Buffer;
  /** Which command line it answers, counted from 1; 0: none. */
  readonly command: number;
}

/** Stands between the modem and its line: what it passes on is said, at once or later, in whatever form. */
export type Mouth = (saying: Saying, pass: (bytes: Buffer) => void) => void;
