/** A modem with one UDP socket that is connected to a peer: what every measurement of the driver works on. */
// @ts-check
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { openModem } from '../../dist/index.js';
import { receiveSpan, sendSpan } from './datagrams.mjs';

/** @typedef {import('./datagrams.mjs').Span} Span */

/** @param {string} url @param {number} peerPort */
export async function openModemSocket(url, peerPort) {
  const modem = await openModem(url);
  const socket = modem.dgram.createSocket('udp4');
  socket.connect(peerPort, '127.0.0.1');
  await once(socket, 'connect');
  return {
    modem,
    port: socket.address().port,
    /** @param {Span} span */
    send: span => sendSpan((data, done) => socket.send(data, done), span),
    /** @param {Span} span */
    receive: span => receiveSpan(socket, span),
    /** The look after a burst is queued by the next turn; a command behind it is answered when the line is free. */
    idle: async () => {
      await turn();
      await modem.at.send('AT');
    },
    close: async () => {
      socket.close();
      await modem.close();
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof openModemSocket>>} ModemSocket */
