/** 2,000 unsolicited lines a second during a transfer (reliability.md F5): every byte right, and half of the speed left. */
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim } from '../../src/sim/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { content } from '../faults/content.ts';
import { judgeStream } from '../faults/oracle.ts';
import { runStream } from '../faults/stream-job.ts';
import { VirtualTime } from '../faults/virtual-time.ts';
import { runs, timeLimit } from './runs.ts';

/** Each way. Half a minute of lines: ATSOCK_FUZZ=10. */
const BYTES = runs(65_536);
/** 92,160 bytes a second; the lines take a third of them. */
const BAUD = 921_600;
const EVERY_MS = 5;
const AT_ONCE = 10;
const HOUR_MS = 3_600_000;
const SEED = 5;

/** Of ids that are nobody's, and of nothing known. */
const LINES = {
  sequans: ['+SQNSRING: 99,5', '+SQNSRING: -1,5', '+CEREG: 1', '+UNHEARD: 1'],
  'quectel-qfwd': ['+QFWDURC: "client/read",99', '+CEREG: 1', '+UNHEARD: 1', '+UNHEARD: 1'],
} as const;

let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime();
  time.install();
});
afterEach(() => time.uninstall());

test.for(['sequans', 'quectel-qfwd'] as const)(
  '%s',
  { timeout: timeLimit(60_000) },
  async (commandSet, { annotate }) => {
    const sim = createSim({ commandSet, baud: BAUD, seed: SEED });
    const modem = new Modem(async () => ({ options: {}, createTransport: async () => sim.transport }));
    onTestFinished(async () => {
      await modem.close();
      await sim.close();
    });
    await time.run('opening', HOUR_MS, modem.open());
    const quiet = await transfer(modem, () => {});
    let said = 0;
    const lines = LINES[commandSet];
    const flooded = await transfer(modem, () => {
      for (let line = 0; line < AT_ONCE; line++) sim.urc(lines[said++ % lines.length] ?? '');
    });
    await annotate(`${BYTES} bytes each way: ${quiet} ms, with ${said} lines ${flooded} ms`);
    expect(said / flooded).toBeGreaterThan(1.9);
    expect(flooded).toBeLessThan(2 * quiet);
  },
);

/** How long it took. Ticks keep the clock from jumping far while the kernel still holds a byte. */
async function transfer(modem: Modem, tick: () => void): Promise<number> {
  const random = createRandom(SEED);
  const [ours, theirs] = [content(BYTES, random(2 ** 31)), content(BYTES, random(2 ** 31))];
  const plan = { ours, theirs, ending: 'program', pauses: false, pieces: 4 } as const;
  const from = time.now;
  const ticks = (): void => {
    tick();
    timer = setTimeout(ticks, EVERY_MS);
  };
  let timer = setTimeout(ticks, EVERY_MS);
  const record = await time.run('the transfer', HOUR_MS, runStream(modem, time, 'transfer', plan));
  clearTimeout(timer);
  expect(judgeStream(record)).toEqual([]);
  expect(Buffer.concat(record.heard).length + Buffer.concat(record.peerHeard).length).toBe(2 * BYTES);
  return time.now - from;
}
