/** The table of reliability.md 2.9, row by row, in virtual time, with the simulator as the sick modem. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Clinic, DIALECTS, HOUR_MS, MINUTE_MS, SECOND_MS } from './clinic.ts';

const DAY_MS = 24 * HOUR_MS;

/** Of a fence that fails, and of the time-out before it (T = 3 s for the check). */
const FENCE_MS = 18 * SECOND_MS;
const T_MS = 3 * SECOND_MS;

const actionsOf = (clinic: Clinic): string[] => clinic.entries.map(({ action }) => action);

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'atsock-ladder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'state.json');
}

function expectLimits(times: readonly number[]): void {
  expect(times.length).toBeGreaterThan(0);
  times.forEach((at, index) => {
    expect(times.filter(one => one > at - DAY_MS && one <= at).length).toBeLessThanOrEqual(6);
    if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(MINUTE_MS);
  });
}

describe.each(DIALECTS)('%s', commandSet => {
  test('healthy for 24 h: nothing is done', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    await clinic.pass(DAY_MS);
    expect(clinic.entries).toEqual([]);
    expect(Object.values(clinic.modem.stats().actions)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test('slow, every answer at 99 % of the shortest limit, for 3 h with a socket open: nothing is done', async () => {
    const clinic = new Clinic({ commandSet, latency: 990 });
    await clinic.open();
    const { socket } = await clinic.bind();
    await clinic.pass(3 * HOUR_MS);
    expect(clinic.entries).toEqual([]);
    expect(clinic.modem.stats()).toMatchObject({ recoveries: 0, connections: 1 });
    socket.close();
  });

  describe('it hangs, and needs', () => {
    const WAITS = 10 * MINUTE_MS + 60 * SECOND_MS;
    test.each([
      ['reopen', ['reopen'], 0],
      ['radio', ['reopen', 'radio'], 10 * MINUTE_MS],
      ['reset', ['reopen', 'radio', 'reset'], WAITS],
    ] as const)('%s: all rungs up to that one, in order', async (cure, rungs, waitMs) => {
      const clinic = new Clinic({ commandSet });
      await clinic.open();
      clinic.sim.hang(cure);
      await clinic.until('recovering');
      const tookMs = await clinic.until('ready');
      // Each look at it is at most 15 s late.
      expect(tookMs).toBeLessThanOrEqual(waitMs + rungs.length * 15 * SECOND_MS + 3 * T_MS);
      expect(actionsOf(clinic)).toEqual(rungs);
      expect(clinic.entries.map(({ result }) => result)).toEqual(rungs.map(() => 'done'));
      expect(clinic.modem.stats().actions.fence).toBe(1);
    });
  });

  test('it never heals: six disruptive actions in 24 h, and the program goes on', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    clinic.sim.reject('never');
    await clinic.pass(DAY_MS);
    expectLimits(clinic.times());
    expect(clinic.times()).toHaveLength(6);
    expect(clinic.modem.state).toBe('recovering');
    clinic.sim.coverage = 'full';
    await clinic.until('ready');
  });

  test('it never answers again: one event, no action but an alarm an hour, and back within a minute', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    clinic.sim.hang('never');
    await clinic.pass(6 * HOUR_MS);
    expect(actionsOf(clinic)).toEqual(['reopen', ...Array(6).fill('alarm')]);
    expect(clinic.entries[0]?.result).toMatch(/no modem answers/);
    clinic.sim.hang('reopen');
    expect(await clinic.until('ready')).toBeLessThan(70 * SECOND_MS);
  });

  test('it flaps every 5 minutes for 24 h: the limits hold', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    for (let at = 0; at < DAY_MS; at += 5 * MINUTE_MS) {
      clinic.sim.hang('reopen');
      await clinic.pass(5 * MINUTE_MS);
    }
    expectLimits(clinic.times());
    expect(clinic.times('reset').length).toBe(clinic.times().length);
    expect(clinic.modem.state).toBe('ready');
  });

  test('no coverage for 12 h: the radio at most, not in the first 30 minutes, six times at most', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    const from = clinic.time.now;
    clinic.sim.coverage = 'none';
    await clinic.pass(12 * HOUR_MS);
    expectLimits(clinic.times());
    expect(clinic.times('reset')).toEqual([]);
    expect((clinic.times('radio')[0] ?? 0) - from).toBeGreaterThanOrEqual(30 * MINUTE_MS);
    clinic.sim.coverage = 'full';
    expect(await clinic.until('ready')).toBeLessThan(5 * SECOND_MS);
  });

  test('a hole of five minutes: nothing is done, and the modem stays ready', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    clinic.sim.coverage = 'none';
    await clinic.pass(5 * MINUTE_MS);
    expect(clinic.entries).toEqual([]);
    expect(clinic.modem.state).toBe('ready');
  });

  test('the program is started again 50 times, and the modem falls ill each time: the limits hold', async () => {
    const clinic = new Clinic({ commandSet }, { state: stateFile() });
    await clinic.open();
    for (let run = 0; run < 50; run++) {
      clinic.sim.reject('reset');
      await clinic.pass(15 * MINUTE_MS);
      // It cannot be opened while it is ill.
      clinic.sim.coverage = 'full';
      await clinic.restartProgram();
    }
    expectLimits(clinic.times());
    expect(clinic.times('reset').length).toBeGreaterThan(1);
  });

  test('the port is gone: looked for every 2 s, told once, and nothing is done to the modem', async () => {
    const clinic = new Clinic({ commandSet });
    await clinic.open();
    clinic.portError = 'ENOENT';
    clinic.sim.hang('reopen');
    await clinic.until('recovering');
    await clinic.pass(3 * HOUR_MS);
    expect(clinic.times()).toEqual([]);
    expect(clinic.times('reopen')).toHaveLength(1);
    expect(clinic.entries[0]?.result).toContain('ENOENT');
    clinic.portError = undefined;
    expect(await clinic.until('ready')).toBeLessThan(5 * SECOND_MS);
  });

  test.each(['EBUSY', 'EACCES', 'ERR_MODULE_NOT_FOUND'])(
    'the port answers %s: nothing disruptive',
    async code => {
      const clinic = new Clinic({ commandSet }, { watchdog: { usb: true, power: async () => {} } });
      await clinic.open();
      clinic.portError = code;
      clinic.sim.hang('reset');
      await clinic.pass(3 * HOUR_MS);
      expect(clinic.times()).toEqual([]);
    },
  );

  test.each([
    [true, 15 * SECOND_MS],
    [false, 60 * SECOND_MS],
  ])(
    'a dead line (a socket is open: %s) is found within %i ms + T, and given up by the fence',
    async (open, limitMs) => {
      const clinic = new Clinic({ commandSet });
      await clinic.open();
      if (open) await clinic.bind();
      await clinic.pass(5 * MINUTE_MS);
      clinic.sim.hang('reopen');
      expect(await clinic.until('recovering')).toBeLessThanOrEqual(limitMs + T_MS + FENCE_MS);
    },
  );
});
