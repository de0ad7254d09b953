/** `npm run faults -- --seed 1 --count 1000 --dialect sequans`, or `--sweep`, or `--desync 1000000`: the long runs. */
import { parseArgs } from 'node:util';
import { DESYNC_CELLS, runDesync } from './desync.ts';
import { DIALECTS } from './fault.ts';
import { runSchedules } from './schedules.ts';
import { strike, strokesOf, WORKLOADS } from './sweep.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    dialect: { type: 'string', default: DIALECTS.join() },
    /** Every line of a failing schedule. */
    trace: { type: 'boolean', default: false },
    /** Every place of the small workloads, or one in `stride`. */
    sweep: { type: 'boolean', default: false },
    stride: { type: 'string', default: '1' },
    workload: { type: 'string', default: Object.keys(WORKLOADS).join() },
    /** So many commands on each kind of modem that answers late or not at all. */
    desync: { type: 'string', default: '0' },
  },
});

const [seed, count, stride, desync] = [values.seed, values.count, values.stride, values.desync].map(Number);
const dialects = DIALECTS.filter(dialect => values.dialect.split(',').includes(dialect));
const numbers = [seed, count, stride, desync].every(Number.isInteger);
if (!numbers || seed === undefined || !count || !stride || desync === undefined || dialects.length === 0) {
  console.error(
    `usage: npm run faults -- --seed 1 --count 100 [--trace] | --sweep [--stride 10] | --desync 1000000  [--dialect ${DIALECTS.join('|')}]`,
  );
  process.exit(2);
}
const trace = values.trace ? (line: string): void => console.log(line) : undefined;

let survived = true;
if (desync > 0) {
  for (const cell of DESYNC_CELLS) {
    const { wrong, failed, reopened, recoveries, worst } = await runDesync({
      ...cell,
      commands: desync,
      seed,
    });
    const mean = recoveries.sum / Math.max(1, recoveries.count);
    console.log(
      `${cell.modem.padEnd(6)} ${cell.registers ? 'with S10   ' : 'without S10'} ${desync} commands: ${wrong} wrong, ${failed} failed, ` +
        `${reopened} times the line was opened again; back after ${mean.toFixed(2)} T (mean), ${worst.toFixed(1)} T (all)`,
    );
    survived &&= wrong === 0;
  }
} else if (values.sweep) {
  for (const dialect of dialects)
    for (const workload of values.workload.split(',')) await sweep({ dialect, workload });
} else {
  for (const dialect of dialects)
    survived = (await runSchedules(dialect, { first: seed, count, trace })) && survived;
}
// Node's own end can spin over sockets that were reset (libuv closes them twice).
process.exit(survived ? 0 : 1);

async function sweep({ dialect, workload }: Parameters<typeof strokesOf>[0]): Promise<void> {
  const strokes = await strokesOf({ dialect, workload });
  const rows = new Map<string, { struck: number; failed: number }>();
  for (let index = (seed ?? 0) % (stride ?? 1); index < strokes.length; index += stride ?? 1) {
    const stroke = strokes[index];
    if (!stroke) break;
    const { name, at } = stroke.fault;
    const row = rows.get(name) ?? { struck: 0, failed: 0 };
    rows.set(name, row);
    row.struck++;
    const violations = await strike(stroke, trace);
    if (violations.length === 0) continue;
    row.failed++;
    survived = false;
    console.log(`${dialect} ${workload} ${name} ${at}`);
    for (const violation of violations) console.log(`  ${violation}`);
  }
  console.log(`\n${dialect}, ${workload}: ${strokes.length} places`);
  for (const [name, { struck, failed }] of rows)
    console.log(`${name.padEnd(20)} ${struck} tried, ${failed} failed`);
}
