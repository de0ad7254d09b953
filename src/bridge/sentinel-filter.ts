/** Takes the heartbeats out of what a bridge's client sends, wherever they stand and wherever they are split. */
import { Transform, type TransformCallback } from 'node:stream';
import { HEARTBEAT } from '../transport/bridge-words.ts';

const LESS_THAN = 0x3c;

/** What may be the beginning of a heartbeat waits for the bytes that decide it: at the latest those of the next one. */
export class SentinelFilter extends Transform {
  #held: Buffer = Buffer.alloc(0);

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const all = Buffer.concat([this.#held, chunk]);
    const rest = this.#passHeartbeats(all);
    // The first byte stands nowhere else in a heartbeat, so only the last one of its kind can begin one.
    const last = rest.lastIndexOf(LESS_THAN);
    const begins = last !== -1 && HEARTBEAT.subarray(0, rest.length - last).equals(rest.subarray(last));
    const end = begins ? last : rest.length;
    this.#held = rest.subarray(end);
    this.#pass(rest.subarray(0, end));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#pass(this.#held);
    done();
  }

  /** Gives what is behind the last heartbeat. */
  #passHeartbeats(bytes: Buffer): Buffer {
    let from = 0;
    for (let at = bytes.indexOf(HEARTBEAT); at !== -1; at = bytes.indexOf(HEARTBEAT, from)) {
      this.#pass(bytes.subarray(from, at));
      from = at + HEARTBEAT.length;
    }
    return bytes.subarray(from);
  }

  #pass(bytes: Buffer): void {
    if (bytes.length > 0) this.push(bytes);
  }
}
