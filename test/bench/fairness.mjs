/** Six busy TCP connections at once: whether each gets its turn. */
// @ts-check
import { startFarEnd } from './far-end-process.mjs';
import { openModemStreams } from './modem-streams.mjs';
import { rate } from './stream-goodput.mjs';

/**
 * @typedef {import('./dialect.mjs').Dialect} Dialect
 * @typedef {object} FairnessRow
 * @property {number} baud 0: no pace
 * @property {'out' | 'in' | 'both'} way
 * @property {number} bytes of each connection, each way
 * @property {number} [outIndex]
 * @property {number} [inIndex]
 * @property {number} [share] of the limit of a paced line, all together
 * @property {number} [questionsPerBuffer] for credit, for each buffer's worth that went out
 * @typedef {{ readonly bauds: readonly number[], readonly pieces: number }} FairnessPlan
 */

export const fairnessFormula =
  "Jain's index = (x1 + … + x6)² / (6 · (x1² + … + x6²)), x: bytes that have come when the first connection has all of its own";

const CONNECTIONS = 6;

/** @param {Dialect} dialect @param {FairnessPlan} plan @returns {Promise<FairnessRow[]>} */
export async function measureFairness(dialect, { bauds, pieces }) {
  const rows = [];
  for (const baud of bauds) {
    const farEnd = await startFarEnd(dialect.name, baud);
    const host = await openModemStreams(farEnd.url, farEnd.streams.port);
    for (const way of /** @type {const} */ (['out', 'in', 'both'])) {
      const bytes = pieces * dialect.piece;
      const traffic = {
        connections: CONNECTIONS,
        out: way === 'in' ? 0 : bytes,
        in: way === 'out' ? 0 : bytes,
      };
      const served = farEnd.streams.serve(traffic);
      const exchanged = await host.exchange(traffic);
      const outShares = await served;
      rows.push({
        baud,
        way,
        ...(way !== 'in' && { outIndex: jainsIndex(outShares) }),
        ...(way !== 'out' && { inIndex: jainsIndex(exchanged.shares) }),
        ...rate(dialect, traffic, baud, exchanged),
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
