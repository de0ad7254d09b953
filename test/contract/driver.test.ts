/** The driver contract for each dialect on the simulator: its firmwares, and payloads plain and in hex. */
import { qfwdProfiles } from '../support/qfwd-profiles.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import { type DriverUnderTest, driverContract } from './driver.ts';
import { driverTcpContract } from './driver-tcp.ts';

async function onSim(...args: Parameters<typeof startSimDriver>): Promise<DriverUnderTest> {
  const { driver, sim, close } = await startSimDriver(...args);
  return { driver, open: () => sim.connectionsOpen, close };
}

driverContract('sequans, Monarch 2', () => onSim({}));
driverContract('sequans, Monarch 2, hex', () => onSim({}, { encoding: 'hex' }));
driverContract('sequans, Monarch 1', () => onSim({ generation: 1 }));

driverTcpContract('sequans, Monarch 2', () => onSim({}));
driverTcpContract('sequans, Monarch 2, hex', () => onSim({}, { encoding: 'hex' }));
driverTcpContract('sequans, Monarch 1', () => onSim({ generation: 1 }));

for (const profile of qfwdProfiles) {
  for (const encoding of ['auto', 'hex'] as const) {
    const name = `quectel-qfwd, ${profile}${encoding === 'hex' ? ', hex' : ''}`;
    const create = (): Promise<DriverUnderTest> =>
      onSim({ commandSet: 'quectel-qfwd', profile }, { encoding });
    driverContract(name, create, { resolves: false });
    driverTcpContract(name, create);
  }
}
