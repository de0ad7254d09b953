/** `npm run bench`: what atsock costs. Prints tables, writes JSON, and fails if a byte is lost or wrong. */
// @ts-check
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureCpu } from './cpu.mjs';
import { fairnessFormula, measureFairness } from './fairness.mjs';
import { measureFirstByte } from './first-byte.mjs';
import { limitFormula, measureGoodput } from './goodput.mjs';
import { measureLineBytes } from './line-bytes.mjs';
import { describeMachine } from './machine.mjs';
import { datagramFormulas, streamFormulas } from './minimum.mjs';
import { measureParsing } from './parsing.mjs';
import { formatReport } from './report.mjs';
import { measureStreamBytes } from './stream-bytes.mjs';
import { measureStreamCpu } from './stream-cpu.mjs';
import { measureStreamGoodput, streamLimitFormula } from './stream-goodput.mjs';

const PLANS = {
  full: {
    goodput: { sizes: [64, 512, 1500], seconds: 0.8 },
    parsing: { megabytes: 4, rounds: 7 },
    cpu: { sizes: [64, 1500], datagrams: 1000, rounds: 7 },
    streamGoodput: { seconds: 3, unpacedBytes: 6_000_000 },
    fairness: { bauds: [115_200, 0], pieces: 8 },
    streamCpu: { mebibytes: 4, rounds: 5 },
    firstByte: { rounds: 3 },
  },
  quick: {
    goodput: { sizes: [1500], seconds: 0.2 },
    parsing: { megabytes: 0.3, rounds: 1 },
    cpu: { sizes: [64], datagrams: 100, rounds: 1 },
    streamGoodput: { seconds: 0.1, unpacedBytes: 300_000 },
    fairness: { bauds: [921_600], pieces: 5 },
    streamCpu: { mebibytes: 0.25, rounds: 1 },
    firstByte: { rounds: 1 },
  },
};

async function main() {
  const { values } = parseArgs({
    options: { json: { type: 'string', default: 'bench-result.json' }, quick: { type: 'boolean' } },
  });
  const quick = values.quick ?? false;
  const plan = quick ? PLANS.quick : PLANS.full;
  const result = {
    date: new Date().toISOString(),
    quick,
    machine: describeMachine(),
    formulas: {
      ...datagramFormulas,
      streamOut: streamFormulas.out,
      streamIn: streamFormulas.in,
      limit: limitFormula,
      streamLimit: streamLimitFormula,
      fairness: fairnessFormula,
    },
    lineBytes: await measureLineBytes(),
    parsing: await measureParsing(plan.parsing),
    cpu: await measureCpu(plan.cpu),
    goodput: await measureGoodput(plan.goodput),
    streamBytes: await measureStreamBytes(),
    streamGoodput: await measureStreamGoodput(plan.streamGoodput),
    fairness: await measureFairness(plan.fairness),
    streamCpu: await measureStreamCpu(plan.streamCpu),
    firstByte: await measureFirstByte(plan.firstByte),
  };
  console.log(formatReport(result));
  writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`\nwritten to ${values.json}`);
}

try {
  await main();
} catch (error) {
  console.error(error);
  // The other processes end when this one does.
  process.exit(1);
}
