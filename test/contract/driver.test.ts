/** The driver contract for each dialect on the simulator: its firmwares, and payloads plain and in hex. */
import { Nat64Driver } from '../../src/driver/nat64-driver.ts';
import { createPrefixSource } from '../../src/driver/nat64-prefix.ts';
import { qfwdProfiles } from '../support/qfwd-profiles.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import { type DriverUnderTest, driverContract } from './driver.ts';
import { driverTcpContract } from './driver-tcp.ts';

async function onSim(...args: Parameters<typeof startSimDriver>): Promise<DriverUnderTest> {
  const { driver, sim, close } = await startSimDriver(...args);
  return { driver, open: () => sim.connectionsOpen, close };
}

/** Where there is IPv4, all that NAT64 has to do is to be out of the way. */
async function underNat64(): Promise<DriverUnderTest> {
  const under = await onSim({});
  const { driver } = under;
  const source = createPrefixSource('auto', name => driver.resolve(name, 6));
  return { ...under, driver: new Nat64Driver(driver, source) };
}

driverContract('sequans, Monarch 2', () => onSim({}));
driverContract('sequans, Monarch 2, hex', () => onSim({}, { encoding: 'hex' }));
driverContract('sequans, Monarch 1', () => onSim({ generation: 1 }));
driverContract('sequans, Monarch 2, under NAT64', underNat64);

driverTcpContract('sequans, Monarch 2', () => onSim({}));
driverTcpContract('sequans, Monarch 2, hex', () => onSim({}, { encoding: 'hex' }));
driverTcpContract('sequans, Monarch 1', () => onSim({ generation: 1 }));
driverTcpContract('sequans, Monarch 2, under NAT64', underNat64);

for (const profile of qfwdProfiles) {
  for (const encoding of ['auto', 'hex'] as const) {
    const name = `quectel-qfwd, ${profile}${encoding === 'hex' ? ', hex' : ''}`;
    const create = (): Promise<DriverUnderTest> =>
      onSim({ commandSet: 'quectel-qfwd', profile }, { encoding });
    driverContract(name, create, { resolves: false });
    driverTcpContract(name, create);
  }
}
