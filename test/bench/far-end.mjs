/** The other process: a simulated modem behind TCP, at the pace of a serial line if told so, and its peer. */
// @ts-check
import { createSim, listenSim } from '../../dist/sim/index.js';
import { paced } from './exact-line.mjs';
import { openPeer } from './peer.mjs';

/**
 * @typedef {import('./datagrams.mjs').Span} Span
 * @typedef {{ readonly url: string, readonly peerPort: number }} Ready
 * @typedef {{ readonly receive: Span } | { readonly send: Span, readonly port: number }} Request
 * @typedef {{ readonly ready: Ready } | { readonly done: true } | { readonly failed: string }} Answer
 */

const baud = Number(process.argv[2] ?? 0);
const sim = createSim();
const server = await listenSim(baud ? { ...sim, transport: paced(sim.transport, baud) } : sim);
const peer = await openPeer();

/** @param {Answer} message */
const answer = message => process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('message', (/** @type {Request} */ request) => {
  const work = 'receive' in request ? peer.receive(request.receive) : peer.send(request.port, request.send);
  work.then(
    () => answer({ done: true }),
    error => answer({ failed: error.message }),
  );
});
answer({ ready: { url: `tcp://${server.address}:${server.port}`, peerPort: peer.port } });
