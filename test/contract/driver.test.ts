/** The driver contract for the Sequans dialect on the simulator: both firmware generations, both encodings. */
import { startSimDriver } from '../support/sim-driver.ts';
import { type DriverUnderTest, driverContract } from './driver.ts';
import { driverTcpContract } from './driver-tcp.ts';

async function sequans(...args: Parameters<typeof startSimDriver>): Promise<DriverUnderTest> {
  const { driver, sim, close } = await startSimDriver(...args);
  return { driver, open: () => sim.connectionsOpen, close };
}

driverContract('sequans, Monarch 2', () => sequans({}));
driverContract('sequans, Monarch 2, hex', () => sequans({}, { encoding: 'hex' }));
driverContract('sequans, Monarch 1', () => sequans({ generation: 1 }));

driverTcpContract('sequans, Monarch 2', () => sequans({}));
driverTcpContract('sequans, Monarch 2, hex', () => sequans({}, { encoding: 'hex' }));
driverTcpContract('sequans, Monarch 1', () => sequans({ generation: 1 }));
