/** Starts the other process and asks it to send and to hear. */
// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {import('./datagrams.mjs').Span} Span
 * @typedef {import('./far-end.mjs').Answer} Answer
 * @typedef {import('./far-end.mjs').Request} Request
 */

const PROGRAM = fileURLToPath(new URL('far-end.mjs', import.meta.url));

/** @param {import('./dialect.mjs').Dialect['name']} name @param {number} [baud] pace of the line; absent: none */
export async function startFarEnd(name, baud = 0) {
  const child = fork(PROGRAM, [name, String(baud)]);
  const exited = once(child, 'exit');
  const hear = async () => {
    const ended = exited.then(([code]) => Promise.reject(new Error(`the other process ended with ${code}`)));
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    if ('failed' in answer) throw new Error(`the other end: ${answer.failed}`);
    return /** @type {Answer} */ (answer);
  };
  /** One at a time. @param {Request} request */
  const ask = async request => {
    child.send(request);
    const answer = await hear();
    return 'done' in answer ? answer.done : [];
  };
  const first = await hear();
  if (!('ready' in first)) throw new Error('the other process is not ready');
  const { url, peerPort, streamPort } = first.ready;
  return {
    url,
    /** @type {import('./peer.mjs').Peer} */
    peer: {
      port: peerPort,
      receive: async span => void (await ask({ receive: span })),
      send: async (port, span) => void (await ask({ send: span, port })),
    },
    /** @type {import('./stream-peer.mjs').StreamPeer} */
    streams: { port: streamPort, serve: traffic => ask({ serve: traffic }) },
    close: async () => {
      child.disconnect();
      await exited;
    },
  };
}
