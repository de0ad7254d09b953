/** Which bytes go to the modem next, and in which form: the cheapest that is byte-exact (quectel-qfwd.md 3.5). */
import type { Choice } from './capabilities.ts';
import { MAX_BYTES, SAFE_HEX_BYTES } from './commands.ts';

export interface Piece {
  readonly data: Uint8Array;
  readonly hex: boolean;
}

/** Ends, cancels or edits an input that is not transparent: Ctrl+Z, ESC, backspace. */
export const SPECIAL_BYTES: readonly number[] = [0x1a, 0x1b, 0x08];

/** Shorter runs without special bytes are not worth a command of their own. */
const WORTHWHILE_BYTES = 256;

/** The whole datagram: it must never be split. */
export const wholePiece = (data: Uint8Array, payload: Choice<'payload'>): Piece => ({
  data,
  hex: payload === 'hex' || (payload === 'printable' && plainBytes(data) < data.length),
});

/** The next piece of a stream. @param most what there is room for */
export function nextPiece(stream: Uint8Array, payload: Choice<'payload'>, most = MAX_BYTES): Piece {
  const piece = stream.subarray(0, Math.min(most, MAX_BYTES));
  const plain = payload === 'binary' ? piece.length : payload === 'hex' ? 0 : plainBytes(piece);
  return plain === piece.length || plain >= WORTHWHILE_BYTES
    ? { data: piece.subarray(0, plain), hex: false }
    : { data: piece.subarray(0, SAFE_HEX_BYTES), hex: true };
}

/** How many bytes stand before the first special one. */
function plainBytes(data: Uint8Array): number {
  const found = data.findIndex(byte => SPECIAL_BYTES.includes(byte));
  return found < 0 ? data.length : found;
}
