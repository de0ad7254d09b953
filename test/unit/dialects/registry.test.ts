/** How a dialect is chosen, and what is said where none fits. */
import { expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../../src/at/channel.ts';
import { chooseDialect, readIdentity, readImei } from '../../../src/dialects/registry.ts';
import { createMemoryPair } from '../../../src/transport/memory.ts';
import { FarEnd } from '../../support/far-end.ts';

const QUECTEL = { manufacturer: 'Quectel', model: 'EC25', revision: 'EC25EFAR06A06M4G' };

test('by what the modem calls itself, or by name whatever it calls itself', () => {
  expect(chooseDialect('auto', QUECTEL).name).toBe('quectel-qfwd');
  expect(chooseDialect('auto', { manufacturer: '', model: 'GM02S', revision: '' }).name).toBe('sequans');
  expect(chooseDialect('sequans', QUECTEL).name).toBe('sequans');
});

test('none: what the modem calls itself, and what is known', () => {
  const unknown = { manufacturer: 'Acme', model: 'M1', revision: 'R2' };
  expect(() => chooseDialect('auto', unknown)).toThrow(
    '"Acme M1 R2" is of no dialect known here (sequans, quectel-qfwd)',
  );
  expect(() => chooseDialect('acme', QUECTEL)).toThrow('unknown dialect acme (known: sequans, quectel-qfwd)');
});

test('its IMEI', async () => {
  const [near, far] = createMemoryPair();
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  const modem = new FarEnd(far);
  const imei = readImei(at);
  await modem.answer('+CGSN', '490154203237518', 'OK');
  expect(await imei).toBe('490154203237518');
});

test('a modem that refuses to say who it is has no name', async () => {
  const [near, far] = createMemoryPair();
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  const modem = new FarEnd(far);
  const identity = readIdentity(at);
  await modem.answer('+CGMI', 'ERROR');
  await modem.answer('+CGMM', '+CGMM: "EC25"', 'OK');
  await modem.answer('+CGMR', 'first', 'second', 'OK');
  expect(await identity).toEqual({ manufacturer: '', model: 'EC25', revision: 'first second' });
});
