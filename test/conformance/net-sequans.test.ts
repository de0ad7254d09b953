/** Runs the conformance suite of `net` against the Sequans dialect on the simulator. */
import { netConformance } from './net.ts';
import { sequansTargets } from './net-targets.ts';

for (const target of sequansTargets) netConformance(target);
