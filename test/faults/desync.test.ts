/** T-DESYNC in little: no answer is ever given to another command, and the channel comes back in 3 time-outs (reliability.md 2.2). */
import { expect, test } from 'vitest';
import { DESYNC_CELLS, runDesync } from './desync.ts';

const COMMANDS = 3_000;
const SEED = 1;

test.each(DESYNC_CELLS)(
  `modem: $modem, registers: $registers, ${COMMANDS} commands from seed ${SEED}`,
  async cell => {
    const { wrong, failed, recoveries } = await runDesync({ ...cell, commands: COMMANDS, seed: SEED });
    expect(wrong).toBe(0);
    expect(failed).toBeGreaterThan(COMMANDS / 20);
    expect(recoveries.sum / recoveries.count).toBeLessThanOrEqual(3);
  },
);
