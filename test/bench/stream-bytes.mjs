/** Bytes on the line and commands for each MiB over TCP, beside the dialect's minimum. */
// @ts-check
import { sum, times } from './dialect.mjs';
import { cost } from './line-bytes.mjs';
import { openModemStreams } from './modem-streams.mjs';
import { openStreamPeer } from './stream-peer.mjs';

/**
 * @typedef {import('./dialect.mjs').Cost} Cost
 * @typedef {import('./dialect.mjs').Dialect} Dialect
 * @typedef {object} StreamBytesRow
 * @property {'out' | 'in' | 'both'} way
 * @property {Cost} minimum for a MiB each way
 * @property {Cost} measured
 * @property {Cost} frame opening and closing a connection, besides
 */

const MIB = 1_048_576;

/** @param {Dialect} dialect @returns {Promise<StreamBytesRow[]>} */
export async function measureStreamBytes({ name, streamOut, streamIn }) {
  const peer = await openStreamPeer();
  const host = await openModemStreams(`sim:${name}`, peer.port);
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
      minimum: sum(streamOut(out), streamIn(bytes)),
      measured: sum(await measure(out, bytes), times(-1, frame)),
      frame,
    });
  }
  await host.close();
  await peer.close();
  return rows;
}
