/** Bytes on the line and commands for each MiB over TCP, beside the dialect's minimum. */
// @ts-check
import { cost } from './line-bytes.mjs';
import { streamIn, streamOut } from './minimum.mjs';
import { openModemStreams } from './modem-streams.mjs';
import { openStreamPeer } from './stream-peer.mjs';

/**
 * @typedef {import('./line-bytes.mjs').Cost} Cost
 * @typedef {object} StreamBytesRow
 * @property {'out' | 'in' | 'both'} way
 * @property {Cost} minimum for a MiB each way
 * @property {Cost} measured
 * @property {Cost} frame opening and closing a connection, besides
 */

const MIB = 1_048_576;

/** @returns {Promise<StreamBytesRow[]>} */
export async function measureStreamBytes() {
  const peer = await openStreamPeer();
  const host = await openModemStreams('sim:sequans', peer.port);
  /** @param {number} out @param {number} bytes */
  const measure = (out, bytes) => {
    const traffic = { connections: 1, out, in: bytes };
    return cost(host.modem, () => Promise.all([peer.serve(traffic), host.exchange(traffic)]));
  };
  // The settings of an id are written once.
  await measure(0, 0);
  const frame = await measure(0, 0);
  const rows = [];
  for (const way of /** @type {const} */ (['out', 'in', 'both'])) {
    const out = way === 'in' ? 0 : MIB;
    const bytes = way === 'out' ? 0 : MIB;
    rows.push({
      way,
      minimum: add(streamOut(out), streamIn(bytes), 1),
      measured: add(await measure(out, bytes), frame, -1),
      frame,
    });
  }
  await host.close();
  await peer.close();
  return rows;
}

/** @param {Cost} one @param {Cost} other @param {1 | -1} sign @returns {Cost} */
const add = (one, other, sign) => ({
  commands: one.commands + sign * other.commands,
  written: one.written + sign * other.written,
  read: one.read + sign * other.read,
});
