/** The least program that could do the same: it writes the commands and waits for known words. It notices no error. */
// @ts-check
import { once } from 'node:events';
import { connect } from 'node:net';
import { createDatagram } from './datagrams.mjs';
import { OK, PROMPT } from './dialect.mjs';
import { GO_BYTES } from './stream-peer.mjs';
import { streamPiece } from './streams.mjs';

/**
 * @typedef {import('./datagrams.mjs').Span} Span
 * @typedef {import('./dialect.mjs').Dialect} Dialect
 * @typedef {Awaited<ReturnType<typeof openLine>>} Line
 * @typedef {Awaited<ReturnType<ReturnType<typeof openBareHost>>>} BareHost
 */

/** @param {Dialect} dialect */
export function openBareHost({ words }) {
  /** @param {string} url tcp://… of a simulator @param {number} peerPort */
  return async (url, peerPort) => {
    const line = await openLine(url, words);
    await line.ask(words.dial('udp', peerPort), words.dialled);
    const [, local] = words.local.exec(await line.ask(words.list)) ?? [];
    return {
      port: Number(local),
      /** @param {Span} span */
      send: async ({ first, count, bytes }) => {
        for (let number = first; number < first + count; number++)
          await line.send(createDatagram(number, bytes));
      },
      /** @param {Span} span */
      receive: async ({ count }) => {
        await line.heard(words.ring);
        for (let left = count; left > 0; ) if ((await line.receive()) > 0) left--;
      },
      /** It does nothing behind its caller's back. */
      idle: async () => {},
      close: async () => {
        await line.ask(words.close);
        line.socket.destroy();
      },
    };
  };
}

/**
 * The same for a stream each way, one after the other.
 * @param {Dialect} dialect
 */
export function openBareStream({ words, piece, credit }) {
  /** @param {string} url @param {number} peerPort */
  return async (url, peerPort) => {
    const line = await openLine(url, words);
    /** @param {number} out */
    const send = async out => {
      for (let sent = 0; sent < out; sent += piece) {
        if (credit && sent > 0 && sent % credit.bytes === 0) await line.ask(credit.question);
        await line.send(streamPiece(GO_BYTES + sent, Math.min(piece, out - sent)));
      }
    };
    return {
      /** Seconds. @param {import('./stream-peer.mjs').Traffic} traffic */
      exchange: async ({ out, in: bytes }) => {
        await line.ask(words.dial('tcp', peerPort), words.dialled);
        await line.send(streamPiece(0, GO_BYTES));
        const start = performance.now();
        await send(out);
        if (bytes > 0) await line.heard(words.ring);
        for (let left = bytes; left > 0; ) left -= await line.receive();
        const seconds = (performance.now() - start) / 1000;
        await line.ask(words.close);
        return { seconds };
      },
      close: async () => {
        line.socket.destroy();
      },
    };
  };
}

/** A prepared modem. @param {string} url @param {import('./dialect.mjs').Words} words */
async function openLine(url, words) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const heard = createListener(socket);
  /** @param {string} line */
  const ask = async (line, answer = OK) => {
    socket.write(`${line}\r`, 'latin1');
    return heard(answer);
  };
  for (const line of words.preparation) await ask(line);
  return {
    socket,
    heard,
    ask,
    /** @param {Buffer} data */
    send: async data => {
      await ask(words.send(data.length), PROMPT);
      socket.write(data);
      await heard(OK);
    },
    /** How many bytes came. */
    receive: async () => {
      const [, length] = words.received.exec(await ask(words.receive, `\r\n${OK}`)) ?? [];
      return Number(length);
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
