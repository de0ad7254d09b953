/** Bulk TCP: payload per second each way and both at once, as a share of what the line can carry. */
// @ts-check
import { openBareStream } from './bare-host.mjs';
import { startFarEnd } from './far-end-process.mjs';
import { streamIn, streamOut } from './minimum.mjs';
import { openModemStreams } from './modem-streams.mjs';

/**
 * @typedef {import('./stream-peer.mjs').Traffic} Traffic
 * @typedef {'out' | 'in' | 'both'} Way
 * @typedef {object} StreamRow
 * @property {'atsock' | 'bare'} host
 * @property {number} baud 0: no pace
 * @property {Way} way
 * @property {number} bytes each way
 * @property {number} goodput payload bytes per second, both ways together
 * @property {number} [limit] on a paced line: the same if every minimal byte follows the one before
 * @property {number} [share] of it
 * @typedef {{ readonly seconds: number, readonly unpacedBytes: number }} StreamPlan seconds: for each row, about
 */

export const streamLimitFormula =
  'limit = payload · baud/10 / minimum bytes of its pieces (8N1: 10 bits a byte; strict request and response: nothing overlaps)';

export const BAUDS = [115_200, 921_600, 0];
const PIECE = 1500;

/** @param {StreamPlan} plan @returns {Promise<StreamRow[]>} */
export async function measureStreamGoodput(plan) {
  const rows = [];
  for (const baud of BAUDS) {
    const farEnd = await startFarEnd(baud);
    /** @param {StreamRow['host']} host @param {readonly Way[]} ways @param {typeof openBareStream} open */
    const measure = async (host, ways, open) => {
      const opened = await open(farEnd.url, farEnd.streams.port);
      for (const way of ways) {
        const traffic = trafficOf(way, baud, plan);
        const served = farEnd.streams.serve(traffic);
        const { seconds } = await opened.exchange(traffic);
        await served;
        rows.push({ host, baud, way, ...rate(traffic, baud, seconds) });
      }
      await opened.close();
    };
    await measure('atsock', ['out', 'in', 'both'], openModemStreams);
    await measure('bare', ['out', 'in'], openBareStream);
    await farEnd.close();
  }
  return rows;
}

/** @param {Way} way @param {number} baud @param {StreamPlan} plan @returns {Traffic} */
function trafficOf(way, baud, { seconds, unpacedBytes }) {
  const wanted = baud > 0 ? (seconds * baud) / 10 / (way === 'both' ? 2 : 1) : unpacedBytes;
  const bytes = Math.max(2, Math.round(wanted / PIECE)) * PIECE;
  return { connections: 1, out: way === 'in' ? 0 : bytes, in: way === 'out' ? 0 : bytes };
}

/** @param {Traffic} traffic @param {number} baud @param {number} seconds */
export function rate({ connections, out, in: bytes }, baud, seconds) {
  const payload = connections * (out + bytes);
  const goodput = payload / seconds;
  const paced = baud > 0 && paceOf(payload, least(connections, out, bytes), baud, goodput);
  return { bytes: Math.max(out, bytes), goodput, ...paced };
}

/** @param {number} connections @param {number} out @param {number} bytes */
function least(connections, out, bytes) {
  const costs = [streamOut(out), streamIn(bytes)];
  return connections * costs.reduce((sum, { written, read }) => sum + written + read, 0);
}

/** @param {number} payload @param {number} wireBytes @param {number} baud @param {number} goodput */
function paceOf(payload, wireBytes, baud, goodput) {
  const limit = (payload * baud) / 10 / wireBytes;
  return { limit, share: goodput / limit };
}
