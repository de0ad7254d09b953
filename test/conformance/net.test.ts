/** Runs the conformance suite of `net` against Node itself, and ours over loopback drivers. */
import { netConformance } from './net.ts';
import { loopbackTargets } from './net-targets.ts';

for (const target of loopbackTargets) netConformance(target);
