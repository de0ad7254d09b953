/** What the conformance suites run against: Node itself first, for it decides what is right; then ours. */
import nodeDgram from 'node:dgram';
import type { ModemDriver } from '../../src/driver/driver.ts';
import { deviations } from '../../src/sockets/deviations.ts';
import { createDgram } from '../../src/sockets/dgram.ts';
import { createDns } from '../../src/sockets/dns.ts';
import { sliced } from '../../src/transport/sliced.ts';
import { LoopbackDriver, type LoopbackOptions } from '../contract/loopback-driver.ts';
import { type QfwdProfile, qfwdProfiles } from '../support/qfwd-profiles.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import type { DgramTarget } from './bench.ts';

export const node: DgramTarget = {
  name: 'node:dgram',
  limits: { datagramBytes: 65_507, smallestDatagramBytes: 0 },
  deviations: new Set(),
  open: async () => ({ dgram: nodeDgram, close: async () => {} }),
};

/** Ours over a driver. `supports` names deviations that this driver does not show. */
export function ours(
  name: string,
  limits: DgramTarget['limits'],
  start: () => Promise<{ readonly driver: ModemDriver; close(): Promise<void> }>,
  supports: readonly string[] = [],
): DgramTarget {
  const shown = deviations.map(({ id }) => id).filter(id => !supports.includes(id));
  return {
    name,
    limits,
    deviations: new Set(shown),
    open: async () => {
      const { driver, close } = await start();
      const source = async (): Promise<ModemDriver> => driver;
      return { dgram: createDgram({ driver: source, lookup: createDns(source).lookup }), close };
    },
  };
}

function loopback(name: string, options: LoopbackOptions = {}): DgramTarget {
  const { limits } = new LoopbackDriver(options);
  const supports = limits.smallestDatagramBytes === 0 ? ['empty-datagram'] : [];
  const start = async () => {
    const driver = new LoopbackDriver(options);
    return { driver, close: () => driver.close() };
  };
  return ours(name, limits, start, supports);
}

/** Sequans modems have room for six sockets; some suites open more. */
const SIM = { connections: 64 };
const SIM_LIMITS = { datagramBytes: 1_500, smallestDatagramBytes: 1 } as const;

function sequans(name: string, ...args: Parameters<typeof startSimDriver>): DgramTarget {
  return ours(`sequans, ${name}`, SIM_LIMITS, () => startSimDriver(...args));
}

const quectel = (profile: QfwdProfile): DgramTarget =>
  ours(`quectel-qfwd, ${profile}`, { datagramBytes: 1_024, smallestDatagramBytes: 1 }, () =>
    startSimDriver({ ...SIM, commandSet: 'quectel-qfwd', profile }),
  );

export const targets: readonly DgramTarget[] = [
  node,
  loopback('loopback driver'),
  loopback('slow loopback driver', { turns: 5 }),
  loopback('loopback driver with the limits of a modem', {
    limits: { connections: 6, datagramBytes: 1_500, smallestDatagramBytes: 1 },
  }),
  sequans('Monarch 2', SIM),
  sequans('Monarch 2, hex', SIM, { encoding: 'hex' }),
  sequans('Monarch 1', { ...SIM, generation: 1 }),
  sequans('Monarch 2, line cut byte by byte', SIM, { decorate: sliced({ seed: 1, mode: 'bytes' }) }),
  sequans(
    'Monarch 1, line cut at random, seed 2',
    { ...SIM, generation: 1 },
    { decorate: sliced({ seed: 2, mode: 'random' }) },
  ),
  ...qfwdProfiles.map(quectel),
];
