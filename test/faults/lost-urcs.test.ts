/** Every unsolicited line behind the dial is lost: data and ends are found all the same, by the slow look (reliability.md F23). */
import { expect, test } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim } from '../../src/sim/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { DIALECTS } from './fault.ts';
import { judgeStream } from './oracle.ts';
import { planStream, runStream } from './stream-job.ts';
import { VirtualTime } from './virtual-time.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const SIZES = { usualBytes: 4_000, longestBytes: 30_000 };
/** A look every 5 s: one for the data, one for the end, and some for luck. */
const LIMIT_MS = 30_000;

test.each(DIALECTS)('%s', async dialect => {
  const time = new VirtualTime();
  time.install();
  const sim = createSim({ commandSet: dialect });
  const modem = new Modem(async () => ({ options: {}, createTransport: async () => sim.transport }));
  try {
    await time.run('opening', LIMIT_MS, modem.open());
    // That a dial has succeeded is told by nothing else (quectel-qfwd.md 3.2).
    sim.mouth = ({ kind, bytes }, pass) => (kind !== 'urc' || bytes.includes('client/open')) && pass(bytes);
    for (const seed of SEEDS) {
      const plan = { ...planStream(createRandom(seed), SIZES), ending: 'peer' } as const;
      const record = await time.run(`seed ${seed}`, LIMIT_MS, runStream(modem, time, `seed ${seed}`, plan));
      expect(judgeStream(record)).toEqual([]);
      expect(Buffer.concat(record.heard).equals(record.peerWritten), `seed ${seed}`).toBe(true);
    }
    await time.run('closing', LIMIT_MS, modem.close());
  } finally {
    time.uninstall();
    await sim.close();
  }
});
