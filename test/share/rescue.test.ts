/** A modem that answers nobody is treated for all its clients: by USB, by power, by a call for help; its network is theirs. */
import { expect, test } from 'vitest';
import { SharedModem } from '../../src/share/shared-modem.ts';
import { createSim } from '../../src/sim/index.ts';
import { VirtualTime } from '../faults/virtual-time.ts';

const HOUR_MS = 3_600_000;

async function inVirtualTime(work: (time: VirtualTime) => Promise<void>): Promise<void> {
  const time = new VirtualTime();
  time.install();
  try {
    await time.run('the modem', HOUR_MS, work(time));
  } finally {
    time.uninstall();
  }
}

test.each([
  ['usb', false, ['reopen', 'usb']],
  ['power', false, ['reopen', 'usb', 'power']],
  ['usb', true, ['reopen', 'usb', 'power', 'alarm']],
] as const)('deaf until %s, dry run %s', async (cure, dryRun, actions) => {
  const said: string[] = [];
  const sim = createSim({ commandSet: 'sequans' });
  let cures = 0;
  const replug = (by: 'usb' | 'power') => async (): Promise<void> => {
    cures++;
    sim.replug(by);
  };
  let help = (): void => {};
  const called = new Promise<void>(resolve => {
    help = resolve;
  });
  await inVirtualTime(async () => {
    const modem = await SharedModem.open(
      { ...sim.transport, resetUsb: replug('usb') },
      {
        watchdog: { usb: true, power: replug('power'), dryRun },
        report: event => {
          said.push(event);
          if (event === 'the modem is back' || event.startsWith('rung 7')) help();
        },
      },
      new AbortController().signal,
    );
    sim.silence(cure);
    await expect(modem.run?.at.send('I')).rejects.toThrow();
    await called;
    expect(modem.run === undefined).toBe(dryRun);
    await modem.close();
  });
  await sim.close();
  const done = said.flatMap(event => /^rung \d, (\w+)/.exec(event)?.[1] ?? []);
  expect([...new Set(done)]).toEqual(actions);
  expect(cures).toBe(dryRun ? 0 : actions.length - 1);
});

test('no network is no illness: it is shared all the same', async () => {
  const said: string[] = [];
  const sim = createSim({ commandSet: 'sequans' });
  await inVirtualTime(async () => {
    const modem = await SharedModem.open(
      sim.transport,
      { watchdog: { usb: true }, report: event => said.push(event) },
      new AbortController().signal,
    );
    sim.coverage = 'none';
    await new Promise(resolve => setTimeout(resolve, HOUR_MS / 2));
    expect(await modem.run?.at.send('I')).toBeDefined();
    await modem.close();
  });
  await sim.close();
  expect(said).toEqual([]);
});
