/** Processor time of the host for each MiB over TCP; the simulator and the peer burn theirs in another process. */
// @ts-check
import { openBareStream } from './bare-host.mjs';
import { startFarEnd } from './far-end-process.mjs';
import { median } from './median.mjs';
import { openModemStreams } from './modem-streams.mjs';
import { sequans } from './sequans.mjs';

/**
 * @typedef {object} StreamCpuRow
 * @property {'out' | 'in'} way
 * @property {number} atsock milliseconds for each MiB
 * @property {number} bare the least program that could do it
 * @property {number} ratio
 * @typedef {{ readonly mebibytes: number, readonly rounds: number }} StreamCpuPlan
 */

const MIB = 1_048_576;

/** @param {StreamCpuPlan} plan @returns {Promise<StreamCpuRow[]>} */
export async function measureStreamCpu({ mebibytes, rounds }) {
  const parties = [await openParty(openModemStreams), await openParty(openBareStream(sequans))];
  const rows = [];
  for (const way of /** @type {const} */ (['out', 'in'])) {
    /** @type {number[][]} */
    const samples = [[], []];
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const [index, party] of parties.entries()) {
        const spent = await party.measure(way, mebibytes);
        if (round > 0) samples[index]?.push(spent);
      }
    }
    const [atsock = Number.NaN, bare = Number.NaN] = samples.map(median);
    rows.push({ way, atsock, bare, ratio: atsock / bare });
  }
  for (const party of parties) await party.close();
  return rows;
}

/** A host with a far end of its own. @param {ReturnType<typeof openBareStream>} open */
async function openParty(open) {
  const farEnd = await startFarEnd(sequans.name);
  const host = await open(farEnd.url, farEnd.streams.port);
  return {
    /** @param {'out' | 'in'} way @param {number} mebibytes */
    measure: async (way, mebibytes) => {
      const bytes = mebibytes * MIB;
      const traffic = { connections: 1, out: way === 'out' ? bytes : 0, in: way === 'in' ? bytes : 0 };
      const served = farEnd.streams.serve(traffic);
      const cpu = process.cpuUsage();
      await host.exchange(traffic);
      const { user, system } = process.cpuUsage(cpu);
      await served;
      return (user + system) / 1000 / mebibytes;
    },
    close: async () => {
      await host.close();
      await farEnd.close();
    },
  };
}
