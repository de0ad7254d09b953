/** Which PDP context a QFWD socket is on, and the module's address there (quectel-qfwd.md 3.9). */
import type { Family } from '../sim-hosts.ts';
import type { Network } from '../sim-network.ts';

export const highestCid = 16;

export interface Place {
  readonly cid: number;
  readonly address: string;
}

/** 0 is any. @throws Error if there is none with an address of that family */
export function placeOn(network: Network, wanted: number, family: Family): Place {
  const cids = wanted === 0 ? Array.from({ length: highestCid }, (_, index) => index + 1) : [wanted];
  for (const cid of cids) {
    const address = network.registration === 1 ? network.address(cid, family) : undefined;
    if (address !== undefined) return { cid, address };
  }
  throw new Error('no address');
}
