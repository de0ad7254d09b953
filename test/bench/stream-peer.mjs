/** The other end of the modem's TCP connections: a real server on loopback that sends and hears streams. */
// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:net';
import { receiveStreams, sendStream } from './streams.mjs';

/** The modem's first bytes over a connection: when all have said it, the traffic begins. */
export const GO_BYTES = 1;

/**
 * @typedef {object} Traffic over each connection of the next ones
 * @property {number} connections
 * @property {number} out bytes from the modem, behind the first ones
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
     * Gives how much of each had come when the first had come whole.
     * @param {Traffic} traffic @returns {Promise<number[]>}
     */
    serve: async ({ connections, out, in: bytes }) => {
      const sockets = await take(server, connections);
      const ready = Promise.all(sockets.map(socket => once(socket, 'data')));
      const shares = receiveStreams(sockets, GO_BYTES + out);
      await ready;
      await Promise.all(sockets.map(socket => sendStream(socket, 0, bytes)));
      return shares;
    },
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * The next connections.
 * @param {import('node:net').Server} server @param {number} count @returns {Promise<import('node:net').Socket[]>}
 */
function take(server, count) {
  /** @type {import('node:net').Socket[]} */
  const sockets = [];
  return new Promise(resolve => {
    /** @param {import('node:net').Socket} socket */
    const add = socket => {
      sockets.push(socket);
      if (sockets.length < count) return;
      server.off('connection', add);
      resolve(sockets);
    };
    server.on('connection', add);
  });
}

/** @typedef {Pick<Awaited<ReturnType<typeof openStreamPeer>>, 'port' | 'serve'>} StreamPeer */
