/** Which `lookup` a socket uses: the one it was given, the one the program put in place of Node's, or that of its side. */
import dns from 'node:dns';
import { nodeDns } from '../util/nodes-own.ts';
import type { Side } from './rules.ts';

/** @param given the option of that name */
export type LookupFor = (side: Side, given: unknown) => unknown;

/** @param routed the hook's own, which would not know the port that a rule may ask for */
export function createLookupFor(modem: typeof dns, routed: unknown): LookupFor {
  return (side, given) => {
    if (given != null) return given;
    if (dns.lookup !== routed) return dns.lookup;
    return (side === 'modem' ? modem : nodeDns).lookup;
  };
}
