/** Runs the conformance suite of `net` against the Quectel dialect on the simulator. */
import { netConformance } from './net.ts';
import { quectelTargets } from './net-targets.ts';

for (const target of quectelTargets) netConformance(target);
