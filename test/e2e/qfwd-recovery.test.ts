/** What was learned of a firmware outlives the loss of the modem, and may be given to the next program. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openBench } from './modems.ts';

const probes = (received: readonly string[]): number =>
  received.filter(line => /\+QFWD\w+=\?/.test(line)).length;

test('the firmware is asked once, not again after a restart', async () => {
  const { modem, sim } = await openBench({ commandSet: 'quectel-qfwd' });
  const asked = probes(sim.received);
  expect(asked).toBeGreaterThan(0);
  sim.restart();
  await once(modem, 'state', { signal: AbortSignal.timeout(10_000) });
  while (modem.state !== 'ready') await once(modem, 'state', { signal: AbortSignal.timeout(20_000) });
  expect(probes(sim.received)).toBe(asked);
});

test('a record that is passed in spares the questions', async () => {
  const { modem } = await openBench({ commandSet: 'quectel-qfwd' });
  const next = await openBench({ commandSet: 'quectel-qfwd' }, { capabilities: modem.capabilities });
  expect(probes(next.sim.received)).toBe(0);
});
