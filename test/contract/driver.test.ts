/** The driver contract for the Sequans dialect on the simulator, for each firmware and each doubtful point. */
import { attend } from '../../src/at/attention.ts';
import { chooseDialect, readIdentity } from '../../src/dialects/registry.ts';
import { createSim, type SimOptions } from '../../src/sim/index.ts';
import { type DriverUnderTest, driverContract } from './driver.ts';

async function sequans(sim: SimOptions, encoding: 'auto' | 'hex' = 'auto'): Promise<DriverUnderTest> {
  const modem = createSim(sim);
  const at = await attend(await modem.transport.open());
  const identity = await readIdentity(at);
  const driver = chooseDialect('auto', identity).create(at, { cid: 1, encoding }, identity);
  await driver.start();
  return {
    driver,
    open: () => modem.connectionsOpen,
    close: async () => {
      await at.close();
      await modem.close();
    },
  };
}

driverContract('sequans, Monarch 2', () => sequans({}));
driverContract('sequans, Monarch 2, hex', () => sequans({}, 'hex'));
driverContract('sequans, Monarch 1', () => sequans({ generation: 1 }));
