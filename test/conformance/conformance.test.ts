/** Runs the conformance suites against every target. */
import { dgramConformance } from './dgram.ts';
import { targets } from './targets.ts';

for (const target of targets) dgramConformance(target);
