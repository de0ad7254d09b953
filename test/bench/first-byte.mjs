/** From a closed line to the first byte of a TCP connection: what start-up costs. */
// @ts-check
import { once } from 'node:events';
import { openModem } from '../../dist/index.js';
import { startFarEnd } from './far-end-process.mjs';
import { median } from './median.mjs';
import { sequans } from './sequans.mjs';
import { BAUDS } from './stream-goodput.mjs';
import { GO_BYTES } from './stream-peer.mjs';

/**
 * @typedef {object} FirstByteRow
 * @property {number} baud 0: no pace
 * @property {number} openMs until the modem is ready
 * @property {number} connectMs until the connection is up
 * @property {number} byteMs until a byte has gone out and the answer has come
 * @property {number} commands
 * @property {number} written bytes on the line
 * @property {number} read
 */

/** @param {{ readonly rounds: number }} plan @returns {Promise<FirstByteRow[]>} */
export async function measureFirstByte({ rounds }) {
  const rows = [];
  for (const baud of BAUDS) {
    /** @type {Awaited<ReturnType<typeof sample>>[]} */
    const samples = [];
    for (let round = 0; round < rounds; round++) {
      // A new modem each time: what an earlier program has set stays set.
      const farEnd = await startFarEnd(sequans.name, baud);
      samples.push(await sample(farEnd));
      await farEnd.close();
    }
    /** @param {(one: Awaited<ReturnType<typeof sample>>) => number} value */
    const middle = value => median(samples.map(value));
    rows.push({
      baud,
      openMs: middle(one => one.openMs),
      connectMs: middle(one => one.connectMs),
      byteMs: middle(one => one.byteMs),
      commands: middle(one => one.commands),
      written: middle(one => one.written),
      read: middle(one => one.read),
    });
  }
  return rows;
}

/** @param {Awaited<ReturnType<typeof startFarEnd>>} farEnd */
async function sample({ url, streams }) {
  const served = streams.serve({ connections: 1, out: 0, in: 1 });
  const start = performance.now();
  const modem = await openModem(url);
  const openMs = performance.now() - start;
  const socket = modem.net.connect({ port: streams.port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const connectMs = performance.now() - start;
  socket.write(Buffer.alloc(GO_BYTES));
  await once(socket, 'data');
  const byteMs = performance.now() - start;
  const { commands, bytesWritten, bytesRead } = modem.stats();
  socket.destroy();
  await once(socket, 'close');
  await modem.close();
  await served;
  return {
    openMs,
    connectMs,
    byteMs,
    commands: Object.values(commands).reduce((sum, count) => sum + count, 0),
    written: bytesWritten,
    read: bytesRead,
  };
}
