/** Runs the conformance suite of `dns` against every target: Node itself first, for it decides what is right. */
import { dnsConformance } from './dns.ts';
import { dnsTargets } from './dns-bench.ts';

for (const target of dnsTargets) dnsConformance(target);
