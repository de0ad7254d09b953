/** The other end of the modem's network: a real UDP socket on loopback that sends and hears numbered datagrams. */
// @ts-check
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { receiveSpan, sendSpan } from './datagrams.mjs';

/** @typedef {import('./datagrams.mjs').Span} Span */

export async function openPeer() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    /** @param {Span} span */
    receive: span => receiveSpan(socket, span),
    /** In one turn, so that all wait in the kernel before the first is read. @param {number} port @param {Span} span */
    send: (port, span) => sendSpan((data, done) => socket.send(data, port, '127.0.0.1', done), span),
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** @typedef {Pick<Awaited<ReturnType<typeof openPeer>>, 'port' | 'receive' | 'send'>} Peer */
