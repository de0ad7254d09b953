/** A driver on the simulator, layer by layer, with a say in how the line between them is cut. */
import { attend } from '../../src/at/attention.ts';
import { chooseDialect, readIdentity } from '../../src/dialects/registry.ts';
import type { ModemDriver } from '../../src/driver/driver.ts';
import { createSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';
import type { TransportDecorator } from '../../src/transport/transport.ts';

export interface SimDriver {
  readonly driver: ModemDriver;
  readonly sim: SimModem;
  close(): Promise<void>;
}

export async function startSimDriver(
  options: SimOptions,
  { encoding = 'auto', decorate }: { encoding?: 'auto' | 'hex'; decorate?: TransportDecorator } = {},
): Promise<SimDriver> {
  const sim = createSim(options);
  const at = await attend(await (decorate?.(sim.transport) ?? sim.transport).open());
  const identity = await readIdentity(at);
  const driver = chooseDialect('auto', identity).create(at, { cid: 1, encoding }, identity);
  await driver.start();
  return {
    driver,
    sim,
    close: async () => {
      await driver.close();
      await at.close();
      await sim.close();
    },
  };
}
