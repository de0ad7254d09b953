/** The driver contract for the Sequans dialect on the simulator: both firmware generations, both encodings. */
import { Nat64Driver } from '../../src/driver/nat64-driver.ts';
import { createPrefixSource } from '../../src/driver/nat64-prefix.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import { type DriverUnderTest, driverContract } from './driver.ts';
import { driverTcpContract } from './driver-tcp.ts';

async function sequans(...args: Parameters<typeof startSimDriver>): Promise<DriverUnderTest> {
  const { driver, sim, close } = await startSimDriver(...args);
  return { driver, open: () => sim.connectionsOpen, close };
}

/** Where there is IPv4, all that NAT64 has to do is to be out of the way. */
async function underNat64(): Promise<DriverUnderTest> {
  const under = await sequans({});
  const { driver } = under;
  const source = createPrefixSource('auto', name => driver.resolve(name, 6));
  return { ...under, driver: new Nat64Driver(driver, source) };
}

driverContract('sequans, Monarch 2', () => sequans({}));
driverContract('sequans, Monarch 2, hex', () => sequans({}, { encoding: 'hex' }));
driverContract('sequans, Monarch 1', () => sequans({ generation: 1 }));
driverContract('sequans, Monarch 2, under NAT64', underNat64);

driverTcpContract('sequans, Monarch 2', () => sequans({}));
driverTcpContract('sequans, Monarch 2, hex', () => sequans({}, { encoding: 'hex' }));
driverTcpContract('sequans, Monarch 1', () => sequans({ generation: 1 }));
driverTcpContract('sequans, Monarch 2, under NAT64', underNat64);
