/** The frames of Quectel's ETH_AT service: a byte that says what it is, the length in two bytes, so many bytes. */
import { codedError } from './open-error.ts';

export const FRAME = { fromModem: 0xa0, toModem: 0xa4, ready: 0xe0 } as const;

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

const HEADER_BYTES = 3;
/** Quectel's own client has buffers of 8 KiB for the whole frame (ecosystem.md B13). */
const LONGEST_FRAME_BYTES = 8_192;
const LONGEST_PAYLOAD_BYTES = LONGEST_FRAME_BYTES - HEADER_BYTES;

/** As many frames as it takes. */
export function* encodeFrames(type: number, bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += LONGEST_PAYLOAD_BYTES) {
    const payload = bytes.subarray(start, start + LONGEST_PAYLOAD_BYTES);
    yield Buffer.concat([Buffer.of(type, payload.length >> 8, payload.length & 255), payload]);
  }
}

/**
 * Gives the frames that are complete, wherever the stream is cut.
 * @param known the types that may come; EPROTO for others, and for a length that nobody sends
 */
export function createFrameDecoder(known: readonly number[]): (chunk: Buffer) => readonly Frame[] {
  let held: Buffer = Buffer.alloc(0);
  return chunk => {
    const frames: Frame[] = [];
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const type = held[0];
      if (type !== undefined && !known.includes(type))
        throw codedError('EPROTO', `A byte that begins no ETH_AT frame: 0x${type.toString(16)}`);
      if (type === undefined || held.length < HEADER_BYTES) return frames;
      const end = HEADER_BYTES + held.readUInt16BE(1);
      if (end > LONGEST_FRAME_BYTES) throw codedError('EPROTO', `An ETH_AT frame of ${end} bytes`);
      if (held.length < end) return frames;
      frames.push({ type, payload: held.subarray(HEADER_BYTES, end) });
      held = held.subarray(end);
    }
  };
}
