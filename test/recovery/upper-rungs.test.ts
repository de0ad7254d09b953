/** The rungs 5 to 7 of reliability.md 2.9 in virtual time: USB reset, power, alarm; and dry runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WatchdogOptions } from '../../src/index.ts';
import type { Cure } from '../../src/sim/index.ts';
import { temporaryFolder } from '../support/programs.ts';
import { Clinic, DIALECTS, HOUR_MS, MINUTE_MS, SECOND_MS } from './clinic.ts';

const DAY_MS = 24 * HOUR_MS;
const T_MS = 3 * SECOND_MS;
/** Between two looks. */
const LOOK_MS = 15 * SECOND_MS;

const ALL = ['reopen', 'radio', 'reset', 'usb', 'power', 'alarm'];
const actionsOf = (clinic: Clinic): string[] => clinic.entries.map(({ action }) => action);

describe.each(DIALECTS)('%s', commandSet => {
  /** Whose power and alarm are in our hands. */
  const admit = async (
    heals: { readonly power?: () => void; readonly alarm?: () => void } = {},
    more: WatchdogOptions = {},
    state = 'off',
  ) => {
    const clinic: Clinic = new Clinic(
      { commandSet },
      {
        state,
        watchdog: {
          usb: true,
          power: async () => (heals.power ?? (() => clinic.sim.replug('power')))(),
          alarm: async () => heals.alarm?.(),
          ...more,
        },
      },
    );
    await clinic.open();
    return clinic;
  };

  /** By which rung, and how long it may take from the loss: waits and distances of the ladder. */
  const RUNGS: readonly (readonly [number, Cure, number])[] = [
    [2, 'reopen', 0],
    [3, 'radio', 10],
    [4, 'reset', 11],
    [5, 'usb', 13],
    [6, 'power', 17],
  ];
  test.each(RUNGS)('rung %i (%s) heals it: all up to that one, in order', async (rung, cure, minutes) => {
    const clinic = await admit();
    clinic.sim.hang(cure);
    await clinic.until('recovering');
    const tookMs = await clinic.until('ready');
    expect(actionsOf(clinic)).toEqual(ALL.slice(0, rung - 1));
    expect(clinic.entries.map(({ result }) => result)).toEqual(ALL.slice(0, rung - 1).map(() => 'done'));
    expect(tookMs).toBeLessThanOrEqual(minutes * MINUTE_MS + (rung - 1) * LOOK_MS + 3 * T_MS);
    await clinic.pass(HOUR_MS);
    expect(clinic.entries).toHaveLength(rung - 1);
  });

  test('rung 1 heals it: a fence, and nothing else', async () => {
    const clinic = await admit();
    let results = 0;
    clinic.sim.mouth = ({ kind, bytes }, pass) => {
      if (kind !== 'result' || results++ > 0) pass(bytes);
    };
    await clinic.pass(5 * MINUTE_MS);
    expect(clinic.modem.stats().actions.fence).toBe(1);
    expect(clinic.entries).toEqual([]);
  });

  test('who is called heals it: all seven rungs', async () => {
    const clinic: Clinic = await admit({ power: () => {}, alarm: () => clinic.sim.replug('power') });
    clinic.sim.hang('power');
    await clinic.until('recovering');
    const tookMs = await clinic.until('ready');
    expect(actionsOf(clinic).filter((action, at, all) => all.indexOf(action) === at)).toEqual(ALL);
    expect(tookMs).toBeLessThanOrEqual(18 * MINUTE_MS + 6 * LOOK_MS + 3 * T_MS);
  });

  test.each([
    ['usb', ['reopen', 'usb'], 1],
    ['power', ['reopen', 'usb', 'power'], 2],
  ] as const)('deaf until %s: nothing that it would have to understand', async (cure, actions, minutes) => {
    const clinic = await admit();
    clinic.sim.silence(cure);
    await clinic.until('recovering');
    const tookMs = await clinic.until('ready');
    expect(actionsOf(clinic)).toEqual(actions);
    // The tries to open it, 1, 2, 4 … s apart, find it out, up to a minute late.
    expect(tookMs).toBeLessThanOrEqual(minutes * MINUTE_MS + actions.length * MINUTE_MS);
  });

  test('it never answers again: six disruptive actions in 24 h, an alarm an hour at most, back at once', async () => {
    const clinic = await admit({ power: () => {} });
    clinic.sim.silence('never');
    await clinic.pass(DAY_MS);
    expect(clinic.times()).toHaveLength(6);
    for (const [at, time] of clinic.times().entries())
      if (at > 0) expect(time - (clinic.times()[at - 1] ?? 0)).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(clinic.times('alarm').length).toBeGreaterThan(10);
    expect(clinic.times('alarm').length).toBeLessThanOrEqual(24);
    clinic.sim.silence('reopen');
    expect(await clinic.until('ready')).toBeLessThan(70 * SECOND_MS);
  });

  test('no coverage for 12 h: the radio only, no alarm', async () => {
    const clinic = await admit();
    clinic.sim.coverage = 'none';
    await clinic.pass(12 * HOUR_MS);
    expect(new Set(clinic.entries.filter(({ rung }) => rung > 2).map(({ rung }) => rung))).toEqual(
      new Set([3]),
    );
  });

  test('started again 50 times while it is deaf: the limits hold', async () => {
    const clinic = await admit({ power: () => {} }, {}, join(temporaryFolder(), 'state.json'));
    for (let run = 0; run < 50; run++) {
      clinic.sim.silence('never');
      await clinic.pass(15 * MINUTE_MS);
      clinic.sim.silence('reopen');
      await clinic.restartProgram();
    }
    clinic.times().forEach(at => {
      expect(clinic.times().filter(one => one > at - DAY_MS && one <= at).length).toBeLessThanOrEqual(6);
    });
    expect(clinic.times().length).toBeGreaterThan(3);
  });

  test('a dry run tells what it would do, does none of it, and leaves no trace in the state file', async () => {
    const state = join(temporaryFolder(), 'state.json');
    const called: string[] = [];
    const clinic = await admit(
      { power: () => void called.push('power'), alarm: () => void called.push('alarm') },
      { dryRun: true },
      state,
    );
    clinic.sim.hang('usb');
    await clinic.pass(20 * MINUTE_MS);
    const done = clinic.entries.filter(({ rung }) => rung > 2);
    expect(done.map(({ action }) => action)).toEqual(['radio', 'reset', 'usb', 'power', 'alarm']);
    expect(new Set(done.map(({ result }) => result))).toEqual(new Set(['dry run: not done']));
    expect(clinic.sim.received.filter(line => /CFUN=|RESET/.test(line))).toEqual([]);
    expect({ called, resets: clinic.usbResets, file: existsSync(state) }).toEqual({
      called: [],
      resets: 0,
      file: false,
    });
  });

  test('each rung can be switched off, and power is off unless it is given', async () => {
    const clinic = await admit({}, { radio: false, reset: false, usb: false, power: undefined });
    clinic.sim.hang('never');
    clinic.sim.coverage = 'signal';
    await clinic.pass(3 * HOUR_MS);
    expect(clinic.times()).toEqual([]);
    expect(clinic.usbResets).toBe(0);
  });

  test('an action that fails is told in its own words, and the next one follows', async () => {
    const clinic = await admit({
      power: () => {
        throw new Error('the relay does not click');
      },
    });
    clinic.portError = 'ENOENT';
    clinic.sim.silence('reopen');
    await clinic.pass(30 * MINUTE_MS);
    const told = clinic.entries.filter(({ rung }) => rung > 2).slice(0, 3);
    expect(told.map(({ action, result }) => [action, result])).toEqual([
      ['usb', 'its USB device is not there'],
      ['power', 'the relay does not click'],
      ['alarm', 'done'],
    ]);
    clinic.portError = undefined;
    await clinic.until('ready');
  });

  test('nothing strikes while a command runs', async () => {
    const clinic = await admit({}, { radio: false, reset: false });
    clinic.sim.reject('usb');
    await clinic.pass(9 * MINUTE_MS);
    let end = (): void => {};
    const busy = clinic.modem.at.transaction(() => new Promise<void>(resolve => (end = resolve)));
    await clinic.pass(2 * HOUR_MS);
    expect(clinic.usbResets).toBe(0);
    end();
    await clinic.during('transaction', busy);
    await clinic.pass(MINUTE_MS);
    expect(clinic.usbResets).toBe(1);
  });
});

describe('brought up', () => {
  test('a modem that is deaf from the start is treated, too', async () => {
    const clinic: Clinic = new Clinic({}, { state: 'off', watchdog: { usb: true } });
    clinic.sim.silence('usb');
    await clinic.during('bringing up', clinic.modem.bringUp());
    expect(clinic.states).toEqual(['recovering', 'ready']);
    expect(actionsOf(clinic)).toEqual(['reopen', 'usb']);
  });

  test.each(['EACCES', 'EBUSY', 'ERR_MODULE_NOT_FOUND'])(
    'a port that answers %s is told at once',
    async code => {
      const clinic = new Clinic({}, { state: 'off' });
      clinic.portError = code;
      await expect(clinic.during('bringing up', clinic.modem.bringUp())).rejects.toMatchObject({ code });
    },
  );

  test('it can be given up', async () => {
    const clinic = new Clinic({}, { state: 'off' });
    clinic.sim.silence('never');
    const up = clinic.modem.bringUp();
    up.catch(() => {});
    await clinic.until('recovering');
    await clinic.during('closing', clinic.modem.close());
    await expect(clinic.during('given up', up)).rejects.toThrow();
  });
});
