/** The least program that could do the same: it writes the commands and waits for known words. It notices no error. */
// @ts-check
import { once } from 'node:events';
import { connect } from 'node:net';
import { createDatagram } from './datagrams.mjs';

/** @typedef {import('./datagrams.mjs').Span} Span */

const OK = '\r\nOK\r\n';
const PREPARATION = ['ATE0', 'AT+SQNSCFG=1,1,0,0,600,50', 'AT+SQNSCFGEXT=1,1,0,0,0,0'];

/** @param {string} url tcp://… of a simulator @param {number} peerPort */
export async function openBareHost(url, peerPort) {
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
