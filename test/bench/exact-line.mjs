/** A serial line of exact pace. The simulator's own pace waits in whole milliseconds, which at 921600 baud is most of a turn-around. */
// @ts-check
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';

/** @typedef {import('../../dist/transport/transport.js').Transport} Transport */

/** A receiver hands bytes on when its FIFO has this many, or when the line falls silent. */
const FIFO_BYTES = 64;
/** Timers may be late by this; the rest of a wait is spent turning. */
const TIMER_GRAIN_MS = 3;

/** @param {Transport} inner @param {number} baud @returns {Transport} */
export function paced(inner, baud) {
  return { name: inner.name, open: async signal => createPacedStream(await inner.open(signal), baud) };
}

/** @param {Duplex} inner @param {number} baud */
function createPacedStream(inner, baud) {
  const toModem = createFlow(baud, bytes => inner.write(bytes));
  const toHost = createFlow(baud, bytes => stream.push(bytes));
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      toModem.push(chunk);
      done();
    },
    destroy(error, done) {
      toModem.stop();
      toHost.stop();
      inner.destroy();
      done(error);
    },
  });
  inner.on('data', bytes => toHost.push(bytes));
  inner.on('close', () => stream.destroy());
  return stream;
}

/** A byte takes ten bit times (8N1). @param {number} baud @param {(bytes: Buffer) => void} deliver */
function createFlow(baud, deliver) {
  const msPerByte = 10_000 / baud;
  let waiting = Buffer.alloc(0);
  /** When the byte delivered last had passed. */
  let clock = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {NodeJS.Immediate | undefined} */
  let turn;
  const wait = () => {
    const left = clock + Math.min(waiting.length, FIFO_BYTES) * msPerByte - performance.now();
    if (left > TIMER_GRAIN_MS) timer = setTimeout(tick, left - TIMER_GRAIN_MS);
    else turn = setImmediate(tick);
  };
  const tick = () => {
    const due = Math.min(waiting.length, Math.floor((performance.now() - clock) / msPerByte));
    if (due === waiting.length || due >= FIFO_BYTES) {
      clock += due * msPerByte;
      const bytes = waiting.subarray(0, due);
      waiting = waiting.subarray(due);
      deliver(bytes);
    }
    if (waiting.length > 0) wait();
  };
  return {
    /** @param {Buffer} bytes */
    push: bytes => {
      const idle = waiting.length === 0;
      if (idle) clock = Math.max(clock, performance.now());
      waiting = Buffer.concat([waiting, bytes]);
      if (idle) wait();
    },
    stop: () => {
      clearTimeout(timer);
      clearImmediate(turn);
    },
  };
}
