/** Six busy TCP connections at once: whether each gets its turn. */
// @ts-check
import { startFarEnd } from './far-end-process.mjs';
import { openModemStreams } from './modem-streams.mjs';
import { rate } from './stream-goodput.mjs';

/**
 * @typedef {object} FairnessRow
 * @property {number} baud 0: no pace
 * @property {'out' | 'in' | 'both'} way
 * @property {number} bytes of each connection, each way
 * @property {number} [outIndex]
 * @property {number} [inIndex]
 * @property {number} [share] of the limit of a paced line, all together
 * @typedef {{ readonly bauds: readonly number[], readonly pieces: number }} FairnessPlan
 */

export const fairnessFormula =
  "Jain's index = (x1 + … + x6)² / (6 · (x1² + … + x6²)), x: bytes that have come when the first connection has all of its own";

const CONNECTIONS = 6;
const PIECE = 1500;

/** @param {FairnessPlan} plan @returns {Promise<FairnessRow[]>} */
export async function measureFairness({ bauds, pieces }) {
  const rows = [];
  for (const baud of bauds) {
    const farEnd = await startFarEnd(baud);
    const host = await openModemStreams(farEnd.url, farEnd.streams.port);
    for (const way of /** @type {const} */ (['out', 'in', 'both'])) {
      const bytes = pieces * PIECE;
      const traffic = {
        connections: CONNECTIONS,
        out: way === 'in' ? 0 : bytes,
        in: way === 'out' ? 0 : bytes,
      };
      const served = farEnd.streams.serve(traffic);
      const { seconds, shares } = await host.exchange(traffic);
      const outShares = await served;
      rows.push({
        baud,
        way,
        ...(way !== 'in' && { outIndex: jainsIndex(outShares) }),
        ...(way !== 'out' && { inIndex: jainsIndex(shares) }),
        ...rate(traffic, baud, seconds),
      });
    }
    await host.close();
    await farEnd.close();
  }
  return rows;
}

/** 1: all the same; 1/n: one has it all. @param {readonly number[]} shares */
function jainsIndex(shares) {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}
