/** Streams with known content: sending them, and hearing that every byte arrives in its place. */
// @ts-check
import { Buffer } from 'node:buffer';
import { once } from 'node:events';

/** @typedef {import('node:net').Socket} Socket */

const DEADLINE_MS = 120_000;
/** As `fs.createReadStream` reads. */
const WRITE_BYTES = 65_536;

/** Twice a page of every byte value, line ends and prompts among them, so that a page can begin anywhere. */
const PAGE = 65_521;
const PATTERN = Buffer.from(
  Array.from(
    { length: PAGE + WRITE_BYTES },
    (_, index) => ((index % PAGE) * 167 + ((index % PAGE) >> 8)) & 0xff,
  ),
);

/** What a stream has behind its first bytes. @param {number} from @param {number} length at most 64 KiB */
export const streamPiece = (from, length) => PATTERN.subarray(from % PAGE, (from % PAGE) + length);

/** Resolves when the socket has handed these bytes of the stream on. @param {Socket} socket @param {number} from @param {number} to */
export async function sendStream(socket, from, to) {
  for (let sent = from; sent < to; ) {
    const piece = streamPiece(sent, Math.min(WRITE_BYTES, to - sent));
    sent += piece.length;
    if (sent === to)
      await new Promise((resolve, reject) => {
        socket.write(piece, error => (error ? reject(error) : resolve(undefined)));
      });
    else if (!socket.write(piece)) await once(socket, 'drain');
  }
}

/**
 * Resolves when each socket has brought so many bytes; rejects on the first byte that is wrong or late.
 * @param {readonly Socket[]} sockets @param {number} bytes
 * @returns {Promise<number[]>} how many each had brought when the first one was done
 */
export function receiveStreams(sockets, bytes) {
  const received = sockets.map(() => 0);
  /** @type {number[] | undefined} */
  let atFirstEnd;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`late: ${received} of ${bytes} bytes`)), DEADLINE_MS);
    for (const [index, socket] of sockets.entries()) {
      socket.on('error', reject);
      socket.on('data', chunk => {
        if (!isRight(chunk, received[index] ?? 0)) reject(new Error(`wrong bytes behind ${received[index]}`));
        received[index] = (received[index] ?? 0) + chunk.length;
        if (received[index] !== bytes) return;
        atFirstEnd ??= [...received];
        if (received.some(count => count < bytes)) return;
        clearTimeout(timer);
        resolve(atFirstEnd);
      });
    }
  });
}

/** @param {Buffer} chunk @param {number} from */
function isRight(chunk, from) {
  for (let at = 0; at < chunk.length; at += WRITE_BYTES) {
    const part = chunk.subarray(at, at + WRITE_BYTES);
    if (!part.equals(streamPiece(from + at, part.length))) return false;
  }
  return true;
}
