/** The other process: a simulated modem behind TCP, at the pace of a serial line if told so, and its peers. */
// @ts-check
import { createSim, listenSim } from '../../dist/sim/index.js';
import { paced } from './exact-line.mjs';
import { openPeer } from './peer.mjs';
import { openStreamPeer } from './stream-peer.mjs';

/**
 * @typedef {import('./datagrams.mjs').Span} Span
 * @typedef {import('./stream-peer.mjs').Traffic} Traffic
 * @typedef {{ readonly url: string, readonly peerPort: number, readonly streamPort: number }} Ready
 * @typedef {{ readonly receive: Span } | { readonly send: Span, readonly port: number } | { readonly serve: Traffic }} Request
 * @typedef {{ readonly ready: Ready } | { readonly done: number[] } | { readonly failed: string }} Answer
 */

const [, , name, speed] = process.argv;
const baud = Number(speed);
const sim = createSim({ commandSet: name === 'quectel-qfwd' ? name : 'sequans' });
const server = await listenSim(baud ? { ...sim, transport: paced(sim.transport, baud) } : sim);
const peer = await openPeer();
const streams = await openStreamPeer();

/** @param {Answer} message */
const answer = message => process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('message', (/** @type {Request} */ request) => {
  work(request).then(
    done => answer({ done: done ?? [] }),
    error => answer({ failed: error.message }),
  );
});
answer({
  ready: {
    url: `tcp://${server.address}:${server.port}`,
    peerPort: peer.port,
    streamPort: streams.port,
  },
});

/** @param {Request} request @returns {Promise<number[] | void>} */
function work(request) {
  if ('serve' in request) return streams.serve(request.serve);
  return 'receive' in request ? peer.receive(request.receive) : peer.send(request.port, request.send);
}
