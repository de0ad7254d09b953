/** `npm run soak -- --minutes 60 --dialect sequans`: a line each minute, and a verdict. */
import { parseArgs } from 'node:util';
import { DIALECTS } from '../faults/fault.ts';
import { type Lap, soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    dialect: { type: 'string', default: DIALECTS.join() },
    seed: { type: 'string', default: '1' },
    /** Seconds between two faults, on the average. */
    every: { type: 'string', default: '30' },
  },
});

const [laps, seed, every] = [Number(values.minutes), Number(values.seed), Number(values.every)];
const dialects = DIALECTS.filter(dialect => values.dialect.split(',').includes(dialect));
if (!(laps >= 1) || !Number.isInteger(seed) || !(every > 0) || dialects.length === 0) {
  console.error(
    `usage: npm run soak -- --minutes 60 --dialect ${DIALECTS.join('|')} [--seed 1] [--every 30]`,
  );
  process.exit(2);
}

const COLUMNS: Readonly<Record<string, (lap: Lap) => number | string>> = {
  'heap MiB': ({ heapBytes }) => (heapBytes / 2 ** 20).toFixed(2),
  'buffers MiB': ({ externalBytes }) => (externalBytes / 2 ** 20).toFixed(2),
  'rss MiB': ({ rssBytes }) => (rssBytes / 2 ** 20).toFixed(0),
  descriptors: ({ descriptors }) => descriptors,
  timers: ({ timers }) => timers,
  'sim table': ({ table }) => table,
  rounds: ({ rounds }) => rounds,
  whole: ({ whole }) => whole,
  faults: ({ faults }) => faults,
  recoveries: ({ recoveries }) => recoveries,
  'line MiB': ({ lineBytes }) => (lineBytes / 2 ** 20).toFixed(1),
};

// One dialect after the other, so that none is measured with the other's memory.
for (const dialect of dialects) {
  console.log(`${dialect}, simulator, seed ${seed}, a fault each ${every} s`);
  console.log(`minute  ${Object.keys(COLUMNS).join('  ')}`);
  let minute = 0;
  const tell = (lap: Lap): void => {
    const cells = Object.entries(COLUMNS).map(([name, value]) => String(value(lap)).padStart(name.length));
    console.log(`${String(++minute).padStart(6)}  ${cells.join('  ')}`);
  };
  const { problems } = await soak({ dialect, laps, lapMs: 60_000, faultEveryMs: every * 1000, seed }, tell);
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(problems.length === 0 ? `${dialect}: nothing lost, nothing stuck` : `${dialect}: failed`);
  if (problems.length > 0) process.exitCode = 1;
}
