/** The other end of the modem's TCP connections: a real server on loopback that sends and hears streams. */
// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:net';
import { receiveStreams, sendStream } from './streams.mjs';

/**
 * @typedef {object} Traffic over each connection of the next ones
 * @property {number} connections
 * @property {number} out bytes from the modem
 * @property {number} in bytes to the modem
 */

export async function openStreamPeer() {
  const server = createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    /**
     * Begins when all are connected. Gives how much of each had come when the first had come whole.
     * @param {Traffic} traffic @returns {Promise<number[]>}
     */
    serve: async ({ connections, out, in: bytes }) => {
      /** @type {import('node:net').Socket[]} */
      const sockets = [];
      while (sockets.length < connections) sockets.push(...(await once(server, 'connection')));
      const [shares] = await Promise.all([
        out > 0 ? receiveStreams(sockets, out) : [],
        ...sockets.map(socket => (bytes > 0 ? sendStream(socket, bytes) : undefined)),
      ]);
      return shares;
    },
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** @typedef {Pick<Awaited<ReturnType<typeof openStreamPeer>>, 'port' | 'serve'>} StreamPeer */
