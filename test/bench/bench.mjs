/** `npm run bench`: what atsock costs. Prints tables, writes JSON, and fails if a byte is lost or wrong. */
// @ts-check
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fairnessFormula } from './fairness.mjs';
import { limitFormula } from './goodput.mjs';
import { describeMachine } from './machine.mjs';
import { createParts } from './parts.mjs';
import { quectelQfwd } from './quectel-qfwd.mjs';
import { formatHead } from './report.mjs';
import { lineFormulas, sequans } from './sequans.mjs';
import { streamLimitFormula } from './stream-goodput.mjs';

const HELP = `npm run bench -- [--quick] [--only PART]… [--json FILE]

  --quick      all of it, too short for the timings to mean much
  --only PART  only the parts whose names begin so; may be repeated
  --json FILE  where the result goes (bench-result.json)

parts: ${Object.keys(createParts(true)).join(' ')}`;

async function main() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      json: { type: 'string', default: 'bench-result.json' },
      only: { type: 'string', multiple: true, default: [''] },
      quick: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const { json, only, quick } = values;
  const parts = Object.entries(createParts(quick)).filter(([name]) =>
    only.some(start => name.startsWith(start)),
  );
  if (parts.length === 0) throw new Error(`no part begins so\n\n${HELP}`);
  const machine = describeMachine();
  console.log(formatHead(machine, quick));
  /** @type {Record<string, unknown>} */
  const measured = {};
  for (const [name, measure] of parts) {
    const { rows, text } = await measure();
    measured[name] = rows;
    console.log(text);
  }
  const date = new Date().toISOString();
  writeFileSync(json, `${JSON.stringify({ date, quick, machine, formulas, ...measured }, undefined, 2)}\n`);
  console.log(`\nwritten to ${json}`);
}

const formulas = {
  ...lineFormulas,
  streamOut: sequans.streamFormulas.out,
  streamIn: sequans.streamFormulas.in,
  qfwd: quectelQfwd.datagramFormulas,
  qfwdStream: quectelQfwd.streamFormulas,
  limit: limitFormula,
  streamLimit: streamLimitFormula,
  fairness: fairnessFormula,
};

try {
  await main();
} catch (error) {
  console.error(error);
  // The other processes end when this one does.
  process.exit(1);
}
