/** Runs the conformance suite of `net` against every target. */
import { netConformance } from './net.ts';
import { netTargets } from './net-targets.ts';

for (const target of netTargets) netConformance(target);
