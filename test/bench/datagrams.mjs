/** Numbered datagrams with known content: sending them, and hearing that each arrives once, whole and in order. */
// @ts-check
import { Buffer } from 'node:buffer';

/**
 * @typedef {{ readonly first: number, readonly count: number, readonly bytes: number }} Span
 * Datagrams of one size, numbered from `first` on.
 * @typedef {(data: Buffer, done: (error: Error | null) => void) => void} Send
 */

const DEADLINE_MS = 60_000;
/** So many of the largest wait in the buffer of any UDP socket, which loses what has no room. */
const AT_ONCE = 16;

/** Every byte value, line ends and prompts among them, in an order without a short period. */
const PATTERN = Buffer.from(Array.from({ length: 1500 }, (_, index) => (index * 167 + (index >> 8)) & 0xff));

/** @param {number} number @param {number} bytes at least 4 */
export function createDatagram(number, bytes) {
  const data = Buffer.from(PATTERN.subarray(0, bytes));
  data.writeUInt32BE(number);
  return data;
}

/** @param {Buffer} data @param {number} number @param {number} bytes */
function check(data, number, bytes) {
  if (data.length !== bytes) throw new Error(`datagram ${number} has ${data.length} bytes, not ${bytes}`);
  if (data.readUInt32BE() !== number)
    throw new Error(`datagram ${number} is missing: ${data.readUInt32BE()} came in its place`);
  if (PATTERN.compare(data, 4, bytes, 4, bytes) !== 0) throw new Error(`datagram ${number} has wrong bytes`);
}

/**
 * Resolves when a socket has taken a span.
 * @param {Send} send @param {Span} span
 */
export async function sendSpan(send, { first, count, bytes }) {
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const taken = Array.from({ length: Math.min(AT_ONCE, count - sent) }, (_, index) => {
      const data = createDatagram(first + sent + index, bytes);
      return new Promise((resolve, reject) => {
        send(data, error => (error ? reject(error) : resolve(undefined)));
      });
    });
    await Promise.all(taken);
  }
}

/**
 * Resolves when the span has arrived; rejects on the first datagram that is wrong, missing or late.
 * @param {import('node:dgram').Socket} socket @param {Span} span @returns {Promise<void>}
 */
export function receiveSpan(socket, { first, count, bytes }) {
  return new Promise((resolve, reject) => {
    let next = first;
    /** @param {Error} [error] */
    const settle = error => {
      clearTimeout(timer);
      socket.off('message', hear).off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    /** @param {Buffer} data */
    const hear = data => {
      try {
        check(data, next, bytes);
      } catch (error) {
        return settle(/** @type {Error} */ (error));
      }
      if (++next === first + count) settle();
    };
    const timer = setTimeout(() => settle(new Error(`datagram ${next} was lost`)), DEADLINE_MS);
    socket.on('message', hear).on('error', settle);
  });
}
