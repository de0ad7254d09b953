/** Bytes on the line and commands for each datagram, beside the dialect's minimum. */
// @ts-check
import { setImmediate as turn } from 'node:timers/promises';
import { openModemSocket } from './modem-socket.mjs';
import { openPeer } from './peer.mjs';
import { look, minimumIn, minimumOut } from './sequans.mjs';

/**
 * @typedef {import('./sequans.mjs').Encoding} Encoding
 * @typedef {import('./dialect.mjs').Cost} Cost
 * @typedef {object} Case
 * @property {number} datagrams
 * @property {Cost} minimum for one datagram
 * @property {Cost} look at the counters, besides
 * @property {Cost} measured for all together
 * @typedef {object} ByteRow
 * @property {1 | 2} generation
 * @property {Encoding} encoding
 * @property {number} bytes of payload
 * @property {Case} out
 * @property {Case} inAlone one datagram, nothing behind it
 * @property {Case} inBurst some at once
 */

const SIZES = [16, 64, 256, 512, 1024, 1500];
const BURST = 8;
const NOTHING = { commands: 0, written: 0, read: 0 };
/** Turns of the event loop without a byte on an unpaced line in this process: nobody has anything more to say. */
const QUIET_TURNS = 50;

/** @returns {Promise<ByteRow[]>} */
export async function measureLineBytes() {
  const rows = [];
  for (const generation of /** @type {const} */ ([1, 2]))
    for (const encoding of /** @type {const} */ (['binary', 'hex']))
      rows.push(...(await measureModem(generation, encoding)));
  return rows;
}

/** @param {1 | 2} generation @param {Encoding} encoding @returns {Promise<ByteRow[]>} */
async function measureModem(generation, encoding) {
  const peer = await openPeer();
  const host = await openModemSocket(`sim:sequans?generation=${generation}&encoding=${encoding}`, peer.port);
  const senderPort = generation === 2 ? peer.port : undefined;
  const sent = { datagrams: 0, bytes: 0 };
  const received = { datagrams: 0, bytes: 0 };

  /** @param {number} count @param {number} bytes @returns {Promise<Case>} */
  const measureOut = async (count, bytes) => {
    const span = take(sent, count, bytes);
    const measured = await cost(host.modem, () => Promise.all([peer.receive(span), host.send(span)]));
    return { datagrams: count, minimum: minimumOut(encoding, bytes), look: NOTHING, measured };
  };
  /** @param {number} count @param {number} bytes @returns {Promise<Case>} */
  const measureIn = async (count, bytes) => {
    const span = take(received, count, bytes);
    const measured = await cost(host.modem, () =>
      Promise.all([host.receive(span), peer.send(host.port, span)]),
    );
    const minimum = minimumIn(encoding, bytes, senderPort);
    return { datagrams: count, minimum, look: look(sent.bytes, received.bytes), measured };
  };

  const rows = [];
  for (const bytes of SIZES) {
    const out = await measureOut(BURST, bytes);
    const inAlone = await measureIn(1, bytes);
    const inBurst = await measureIn(BURST, bytes);
    rows.push({ generation, encoding, bytes, out, inAlone, inBurst });
  }
  await host.close();
  await peer.close();
  return rows;
}

/**
 * The next numbers.
 * @param {{ datagrams: number, bytes: number }} passed @param {number} count @param {number} bytes
 */
function take(passed, count, bytes) {
  const first = passed.datagrams;
  passed.datagrams += count;
  passed.bytes += count * bytes;
  return { first, count, bytes };
}

/** From silence to silence. @param {import('../../dist/index.js').Modem} modem @param {() => Promise<unknown>} work @returns {Promise<Cost>} */
export async function cost(modem, work) {
  const before = await silence(modem);
  await work();
  const after = await silence(modem);
  return {
    commands: after.commands - before.commands,
    written: after.written - before.written,
    read: after.read - before.read,
  };
}

/** @param {import('../../dist/index.js').Modem} modem @returns {Promise<Cost>} */
async function silence(modem) {
  let now = counters(modem);
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    await turn();
    const { bytesWritten, bytesRead } = modem.stats();
    if (bytesWritten === now.written && bytesRead === now.read) continue;
    now = counters(modem);
    quiet = 0;
  }
  return now;
}

/** @param {import('../../dist/index.js').Modem} modem @returns {Cost} */
function counters(modem) {
  const { commands, bytesWritten, bytesRead } = modem.stats();
  const sum = Object.values(commands).reduce((total, count) => total + count, 0);
  return { commands: sum, written: bytesWritten, read: bytesRead };
}
