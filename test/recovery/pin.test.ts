/** A PIN is tried once in the life of card and PIN; a locked card is left in peace (reliability.md F41). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Clinic, DIALECTS, HOUR_MS } from './clinic.ts';

const tries = (clinic: Clinic): number => clinic.sim.received.filter(line => line.includes('+CPIN=')).length;

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'atsock-pin-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'state.json');
}

describe.each(DIALECTS)('%s', commandSet => {
  test('a wrong one, over five runs of the program: one try', async () => {
    const clinic = new Clinic({ commandSet, pin: '4711' }, { pin: '1111', state: stateFile() });
    await expect(clinic.open()).rejects.toThrow(/the SIM did not take the PIN; it is not tried again/);
    for (let run = 0; run < 4; run++)
      await expect(clinic.restartProgram()).rejects.toThrow(/has not taken this one before/);
    expect(tries(clinic)).toBe(1);
  });

  test('without a file: one try in each run, however often it is opened', async () => {
    const clinic = new Clinic({ commandSet, pin: '4711' }, { pin: '1111', state: 'off' });
    for (let run = 0; run < 5; run++) await expect(clinic.open()).rejects.toThrow(/SIM/);
    expect(tries(clinic)).toBe(1);
  });

  test('the last try is not used up', async () => {
    const clinic = new Clinic({ commandSet, pin: '4711' }, { pin: '4711' });
    const line = await clinic.sim.transport.open();
    line.write('AT+CPIN="0000"\rAT+CPIN="0001"\r');
    await clinic.pass(100);
    await expect(clinic.open()).rejects.toThrow(/one try left/);
    expect(tries(clinic)).toBe(2);
  });

  test('the right one is given again after each restart of the modem', async () => {
    const clinic = new Clinic({ commandSet, pin: '4711' }, { pin: '4711', state: stateFile() });
    await clinic.open();
    for (let restart = 0; restart < 3; restart++) {
      clinic.sim.restart();
      await clinic.until('recovering');
      await clinic.until('ready');
    }
    expect(tries(clinic)).toBe(4);
  });

  test('a card that is locked after a restart, and no PIN: nothing disruptive, and back when it is opened', async () => {
    const clinic = new Clinic({ commandSet, pin: '4711' }, {});
    const line = await clinic.sim.transport.open();
    line.write('AT+CPIN="4711"\r');
    await clinic.pass(100);
    await clinic.open();
    clinic.sim.restart();
    await clinic.pass(24 * HOUR_MS);
    expect(clinic.times()).toEqual([]);
    expect(clinic.entries.map(({ result }) => /asks for its PIN|done/.exec(result)?.[0])).toEqual([
      'done',
      'asks for its PIN',
    ]);
    const other = await clinic.sim.transport.open();
    other.write('AT+CPIN="4711"\r');
    expect(await clinic.until('ready')).toBeLessThan(HOUR_MS);
    expect(tries(clinic)).toBe(2);
  });
});
