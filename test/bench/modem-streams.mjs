/** A modem with TCP connections to a peer: what every measurement of streams works on. */
// @ts-check
import { once } from 'node:events';
import { openModem } from '../../dist/index.js';
import { GO_BYTES } from './stream-peer.mjs';
import { receiveStreams, sendStream } from './streams.mjs';

/**
 * @typedef {import('./stream-peer.mjs').Traffic} Traffic
 * @typedef {ReturnType<import('../../dist/index.js').Modem['stats']>} Counters
 */

/** @param {string} url @param {number} peerPort */
export async function openModemStreams(url, peerPort) {
  const modem = await openModem(url);
  return {
    modem,
    /** Opens the connections, passes the traffic over all at once, and closes them. @param {Traffic} traffic */
    exchange: async ({ connections, out, in: bytes }) => {
      const sockets = Array.from({ length: connections }, () =>
        modem.net.connect({ port: peerPort, host: '127.0.0.1' }),
      );
      await Promise.all(sockets.map(socket => once(socket, 'connect')));
      await Promise.all(sockets.map(socket => sendStream(socket, 0, GO_BYTES)));
      const before = modem.stats();
      const start = performance.now();
      const [shares] = await Promise.all([
        bytes > 0 ? receiveStreams(sockets, bytes) : [],
        ...sockets.map(socket => sendStream(socket, GO_BYTES, GO_BYTES + out)),
      ]);
      const seconds = (performance.now() - start) / 1000;
      const after = modem.stats();
      for (const socket of sockets) socket.resume().end();
      await Promise.all(sockets.map(socket => once(socket, 'close')));
      /** How much of each had come in when the first had come whole. */
      return { seconds, shares, before, after };
    },
    close: () => modem.close(),
  };
}
