/** The least program that could do the same: it writes the commands and waits for known words. It notices no error. */
// @ts-check
import { once } from 'node:events';
import { connect } from 'node:net';
import { createDatagram } from './datagrams.mjs';
import { GO_BYTES } from './stream-peer.mjs';
import { streamPiece } from './streams.mjs';

/** @typedef {import('./datagrams.mjs').Span} Span */

const OK = '\r\nOK\r\n';
const LARGEST = 1500;
const PREPARATION = ['ATE0', 'AT+SQNSCFG=1,1,0,0,600,50', 'AT+SQNSCFGEXT=1,1,0,0,0,0'];

/** @param {string} url tcp://… of a simulator @param {number} peerPort */
export async function openBareHost(url, peerPort) {
  const { socket, heard, ask } = await openLine(url);
  // 2: from and to anybody, as the driver dials.
  await ask(`AT+SQNSD=1,1,${peerPort},"127.0.0.1",0,0,1,2`);
  const [, local] = /\+SQNSS: 1,\d,"[^"]*",(\d+)/.exec(await ask('AT+SQNSS')) ?? [];
  return {
    port: Number(local),
    /** @param {Span} span */
    send: async ({ first, count, bytes }) => {
      for (let number = first; number < first + count; number++) {
        const data = createDatagram(number, bytes);
        socket.write(`AT+SQNSSENDEXT=1,${bytes}\r`, 'latin1');
        await heard('> ');
        socket.write(data);
        await heard(OK);
      }
    },
    /** @param {Span} span */
    receive: async ({ count }) => {
      await heard('+SQNSRING');
      for (let left = count; left > 0; left--) {
        socket.write('AT+SQNSRECV=1,1500\r', 'latin1');
        await heard(`\r\n${OK}`);
      }
    },
    /** It does nothing behind its caller's back. */
    idle: async () => {},
    close: async () => {
      await ask('AT+SQNSH=1');
      socket.destroy();
    },
  };
}

/**
 * The same for a stream each way, one after the other.
 * @param {string} url @param {number} peerPort
 */
export async function openBareStream(url, peerPort) {
  const { socket, heard, ask } = await openLine(url);
  /** @param {number} from @param {number} length */
  const send = async (from, length) => {
    socket.write(`AT+SQNSSENDEXT=1,${length}\r`, 'latin1');
    await heard('> ');
    socket.write(streamPiece(from, length));
    await heard(OK);
  };
  return {
    /** Seconds. @param {import('./stream-peer.mjs').Traffic} traffic */
    exchange: async ({ out, in: bytes }) => {
      await ask(`AT+SQNSD=1,0,${peerPort},"127.0.0.1",0,0,1`);
      await send(0, GO_BYTES);
      const start = performance.now();
      for (let sent = 0; sent < out; sent += LARGEST)
        await send(GO_BYTES + sent, Math.min(LARGEST, out - sent));
      if (bytes > 0) await heard('+SQNSRING');
      for (let left = bytes; left > 0; ) {
        socket.write('AT+SQNSRECV=1,1500\r', 'latin1');
        const [, length] = /\+SQNSRECV: 1,(\d+)\r\n/.exec(await heard(`\r\n${OK}`)) ?? [];
        left -= Number(length);
      }
      const seconds = (performance.now() - start) / 1000;
      await ask('AT+SQNSH=1');
      return { seconds };
    },
    close: async () => {
      socket.destroy();
    },
  };
}

/** A prepared modem. @param {string} url */
async function openLine(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const heard = createListener(socket);
  /** @param {string} line */
  const ask = async line => {
    socket.write(`${line}\r`, 'latin1');
    return heard(OK);
  };
  for (const line of PREPARATION) await ask(line);
  return { socket, heard, ask };
}

/** Takes what is heard up to the next occurrence of a word. @param {import('node:net').Socket} socket */
function createListener(socket) {
  let text = '';
  let look = () => {};
  socket.on('data', bytes => {
    text += bytes.toString('latin1');
    look();
  });
  /** @param {string} word @returns {Promise<string>} */
  return word =>
    new Promise(resolve => {
      look = () => {
        const at = text.indexOf(word);
        if (at < 0) return;
        const taken = text.slice(0, at + word.length);
        text = text.slice(at + word.length);
        look = () => {};
        resolve(taken);
      };
      look();
    });
}

/** @typedef {Awaited<ReturnType<typeof openBareHost>>} BareHost */
