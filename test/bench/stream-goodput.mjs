/** Bulk TCP: payload per second each way and both at once, as a share of what the line can carry. */
// @ts-check
import { openBareStream } from './bare-host.mjs';
import { sum } from './dialect.mjs';
import { startFarEnd } from './far-end-process.mjs';
import { openModemStreams } from './modem-streams.mjs';

/**
 * @typedef {import('./dialect.mjs').Dialect} Dialect
 * @typedef {import('./modem-streams.mjs').Counters} Counters
 * @typedef {import('./stream-peer.mjs').Traffic} Traffic
 * @typedef {{ readonly seconds: number, readonly before?: Counters, readonly after?: Counters }} Exchanged
 * @typedef {{ exchange(traffic: Traffic): Promise<Exchanged>, close(): Promise<void> }} Opened
 * @typedef {(url: string, peerPort: number) => Promise<Opened>} Open
 * @typedef {'out' | 'in' | 'both'} Way
 * @typedef {object} StreamRow
 * @property {'atsock' | 'bare'} host
 * @property {number} baud 0: no pace
 * @property {Way} way
 * @property {number} bytes each way
 * @property {number} goodput payload bytes per second, both ways together
 * @property {number} [limit] on a paced line: the same if every minimal byte follows the one before
 * @property {number} [share] of it
 * @property {number} [questions] for credit
 * @property {number} [questionsPerBuffer] for each buffer's worth that went out
 * @typedef {{ readonly seconds: number, readonly unpacedBytes: number }} StreamPlan seconds: for each row, about
 */

export const streamLimitFormula =
  'limit = payload · baud/10 / minimum bytes of its pieces (8N1: 10 bits a byte; strict request and response: nothing overlaps)';

export const BAUDS = [115_200, 921_600, 0];

/** @param {Dialect} dialect @param {StreamPlan} plan @returns {Promise<StreamRow[]>} */
export async function measureStreamGoodput(dialect, plan) {
  /** @type {StreamRow[]} */
  const rows = [];
  for (const baud of BAUDS) {
    const farEnd = await startFarEnd(dialect.name, baud);
    /** @param {StreamRow['host']} host @param {readonly Way[]} ways @param {Open} open */
    const measure = async (host, ways, open) => {
      const opened = await open(farEnd.url, farEnd.streams.port);
      for (const way of ways) {
        const traffic = trafficOf(dialect, way, baud, plan);
        const served = farEnd.streams.serve(traffic);
        const exchanged = await opened.exchange(traffic);
        await served;
        rows.push({ host, baud, way, ...rate(dialect, traffic, baud, exchanged) });
      }
      await opened.close();
    };
    await measure('atsock', ['out', 'in', 'both'], openModemStreams);
    await measure('bare', ['out', 'in'], openBareStream(dialect));
    await farEnd.close();
  }
  return rows;
}

/** @param {Dialect} dialect @param {Way} way @param {number} baud @param {StreamPlan} plan @returns {Traffic} */
function trafficOf({ piece }, way, baud, { seconds, unpacedBytes }) {
  const wanted = baud > 0 ? (seconds * baud) / 10 / (way === 'both' ? 2 : 1) : unpacedBytes;
  const bytes = Math.max(2, Math.round(wanted / piece)) * piece;
  return { connections: 1, out: way === 'in' ? 0 : bytes, in: way === 'out' ? 0 : bytes };
}

/** @param {Dialect} dialect @param {Traffic} traffic @param {number} baud @param {Exchanged} exchanged */
export function rate(dialect, traffic, baud, exchanged) {
  const { connections, out, in: bytes } = traffic;
  const payload = connections * (out + bytes);
  const goodput = payload / exchanged.seconds;
  const { written, read } = sum(dialect.streamOut(out), dialect.streamIn(bytes));
  const limit = (payload * baud) / 10 / (connections * (written + read));
  return {
    bytes: Math.max(out, bytes),
    goodput,
    ...(baud > 0 && { limit, share: goodput / limit }),
    ...countQuestions(dialect, traffic, exchanged),
  };
}

/** How often the modem was asked for credit. @param {Dialect} dialect @param {Traffic} traffic @param {Exchanged} exchanged */
function countQuestions({ credit }, { connections, out }, { before, after }) {
  if (!credit || !before || !after || out === 0) return undefined;
  const questions = (after.commands[credit.command] ?? 0) - (before.commands[credit.command] ?? 0);
  return { questions, questionsPerBuffer: questions / (connections * (out / credit.bytes)) };
}
