/** Processor time of the host for each datagram; the simulator and the peer burn theirs in another process. */
// @ts-check
import { openBareHost } from './bare-host.mjs';
import { startFarEnd } from './far-end-process.mjs';
import { median } from './median.mjs';
import { openModemSocket } from './modem-socket.mjs';
import { sequans } from './sequans.mjs';

/**
 * @typedef {import('./bare-host.mjs').BareHost} BareHost
 * @typedef {import('./modem-socket.mjs').ModemSocket} ModemSocket
 * @typedef {{ readonly microseconds: number, readonly perSecond: number }} Sample both for one datagram
 * @typedef {object} CpuRow
 * @property {number} bytes
 * @property {'out' | 'in'} direction
 * @property {Sample} atsock
 * @property {Sample} bare the least program that could do it
 * @property {number} ratio of microseconds
 * @typedef {{ readonly sizes: readonly number[], readonly datagrams: number, readonly rounds: number }} CpuPlan
 */

/** @param {CpuPlan} plan @returns {Promise<CpuRow[]>} */
export async function measureCpu({ sizes, datagrams, rounds }) {
  const parties = [await openParty(openModemSocket), await openParty(openBareHost(sequans))];
  const rows = [];
  // The compiler needs some thousand rounds of everything before it rests.
  for (const party of parties)
    for (const direction of /** @type {const} */ (['out', 'in']))
      await party.measure(direction, datagrams * rounds, 64);
  for (const bytes of sizes) {
    for (const direction of /** @type {const} */ (['out', 'in'])) {
      /** @type {Sample[][]} */
      const samples = [[], []];
      for (let round = 0; round < rounds; round++)
        for (const [index, party] of parties.entries())
          samples[index]?.push(await party.measure(direction, datagrams, bytes));
      const [atsock = middle([]), bare = middle([])] = samples.map(middle);
      rows.push({ bytes, direction, atsock, bare, ratio: atsock.microseconds / bare.microseconds });
    }
  }
  for (const party of parties) await party.close();
  return rows;
}

/**
 * A host with a far end of its own.
 * @param {(url: string, peerPort: number) => Promise<ModemSocket | BareHost>} open
 */
async function openParty(open) {
  const farEnd = await startFarEnd(sequans.name);
  const host = await open(farEnd.url, farEnd.peer.port);
  const passed = { out: 0, in: 0 };
  return {
    /** @param {'out' | 'in'} direction @param {number} count @param {number} bytes @returns {Promise<Sample>} */
    measure: async (direction, count, bytes) => {
      const span = { first: passed[direction], count, bytes };
      passed[direction] += count;
      const start = performance.now();
      const cpu = process.cpuUsage();
      await Promise.all(
        direction === 'out'
          ? [farEnd.peer.receive(span), host.send(span)]
          : [host.receive(span), farEnd.peer.send(host.port, span)],
      );
      const { user, system } = process.cpuUsage(cpu);
      const seconds = (performance.now() - start) / 1000;
      return { microseconds: (user + system) / count, perSecond: count / seconds };
    },
    close: async () => {
      await host.close();
      await farEnd.close();
    },
  };
}

/** @param {readonly Sample[]} samples @returns {Sample} */
const middle = samples => ({
  microseconds: median(samples.map(sample => sample.microseconds)),
  perSecond: median(samples.map(sample => sample.perSecond)),
});
