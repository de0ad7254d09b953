/** Payload per second on a paced line, as a share of what the line can carry. */
// @ts-check
import { openBareHost } from './bare-host.mjs';
import { startFarEnd } from './far-end-process.mjs';
import { openModemSocket } from './modem-socket.mjs';
import { openPeer } from './peer.mjs';

/**
 * @typedef {import('./datagrams.mjs').Span} Span
 * @typedef {import('./modem-socket.mjs').ModemSocket} ModemSocket
 * @typedef {import('./peer.mjs').Peer} Peer
 * @typedef {import('./bare-host.mjs').BareHost} BareHost
 * @typedef {import('./dialect.mjs').Dialect} Dialect
 * @typedef {'exact' | 'exact, bare' | 'sim'} LineName
 * @typedef {object} GoodputRow
 * @property {LineName} line
 * @property {number} baud
 * @property {number} bytes
 * @property {'out' | 'in'} direction
 * @property {number} datagrams
 * @property {number} limit payload bytes per second if every minimal byte follows the one before
 * @property {number} goodput payload bytes per second
 * @property {number} share
 * @typedef {object} GoodputPlan
 * @property {readonly number[]} [sizes] some of those of the dialect
 * @property {number} seconds for each row, about
 */

/** The lines, for people. */
export const lines = {
  exact: 'a line of exact pace in another process, over TCP',
  'exact, bare': 'the same line with the least program that could do it in place of atsock',
  sim: '`sim:…?baud=…` in this process; its pace waits in whole milliseconds at each turn of the line',
};

export const limitFormula =
  'limit = n · baud/10 / minimum bytes of one datagram (8N1: 10 bits a byte; strict request and response: nothing overlaps)';

const BAUDS = [115_200, 921_600];

/** @param {Dialect} dialect @param {GoodputPlan} plan @returns {Promise<GoodputRow[]>} */
export async function measureGoodput(dialect, plan) {
  const rows = [];
  for (const baud of BAUDS) {
    const farEnd = await startFarEnd(dialect.name, baud);
    const exact = await openModemSocket(farEnd.url, farEnd.peer.port);
    rows.push(...(await measureLine(dialect, 'exact', baud, exact, farEnd.peer, plan)));
    await exact.close();
    const bare = await openBareHost(dialect)(farEnd.url, farEnd.peer.port);
    rows.push(...(await measureLine(dialect, 'exact, bare', baud, bare, farEnd.peer, plan)));
    await bare.close();
    await farEnd.close();

    const peer = await openPeer();
    const sim = await openModemSocket(`sim:${dialect.name}?baud=${baud}`, peer.port);
    rows.push(...(await measureLine(dialect, 'sim', baud, sim, peer, plan)));
    await sim.close();
    await peer.close();
  }
  return rows;
}

/**
 * @param {Dialect} dialect @param {LineName} line @param {number} baud @param {ModemSocket | BareHost} host @param {Peer} peer
 * @param {GoodputPlan} plan @returns {Promise<GoodputRow[]>}
 */
async function measureLine(dialect, line, baud, host, peer, { sizes = dialect.datagramSizes, seconds }) {
  const rows = [];
  const passed = { out: 0, in: 0 };
  for (const bytes of sizes) {
    for (const direction of /** @type {const} */ (['out', 'in'])) {
      const minimum = direction === 'out' ? dialect.datagramOut(bytes) : dialect.datagramIn(bytes, peer.port);
      const wireBytes = minimum.written + minimum.read;
      const limit = (bytes * baud) / 10 / wireBytes;
      const datagrams = Math.max(2, Math.round((seconds * limit) / bytes));
      const span = { first: passed[direction], count: datagrams, bytes };
      passed[direction] += datagrams;
      const taken = direction === 'out' ? await timeOut(host, peer, span) : await timeIn(host, peer, span);
      const goodput = (datagrams * bytes) / taken;
      rows.push({ line, baud, bytes, direction, datagrams, limit, goodput, share: goodput / limit });
    }
  }
  return rows;
}

/** Seconds. @param {ModemSocket | BareHost} host @param {Peer} peer @param {Span} span */
async function timeOut(host, peer, span) {
  const arrived = peer.receive(span);
  const start = performance.now();
  await host.send(span);
  const end = performance.now();
  await arrived;
  return (end - start) / 1000;
}

/** @param {ModemSocket | BareHost} host @param {Peer} peer @param {Span} span */
async function timeIn(host, peer, span) {
  const start = performance.now();
  const sent = peer.send(host.port, span);
  await host.receive(span);
  const end = performance.now();
  await sent;
  await host.idle();
  return (end - start) / 1000;
}
