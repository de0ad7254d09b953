/** Outages of a simulated network, from outside. */
import type { SimModem } from '../../src/sim/index.ts';

export const OUTAGES = ['coverage', 'context'] as const;

/**
 * The network or its PDP contexts are gone, with every connection. The function given back ends that; as networks do
 * it, addresses are others then.
 */
export function startOutage(sim: SimModem, of: (typeof OUTAGES)[number]): () => void {
  sim.renumber();
  if (of === 'context') {
    sim.loseContexts();
    return () => {};
  }
  sim.coverage = 'none';
  return () => {
    sim.coverage = 'full';
  };
}
