/** What the suites of `net` run against: Node itself first, for it decides what is right; then ours. */
import nodeNet from 'node:net';
import type { ModemDriver } from '../../src/driver/driver.ts';
import { deviations } from '../../src/sockets/deviations.ts';
import { createDns } from '../../src/sockets/dns.ts';
import { createNet } from '../../src/sockets/net.ts';
import { sliced } from '../../src/transport/sliced.ts';
import { LoopbackTcpDriver, type LoopbackTcpOptions } from '../contract/loopback-tcp-driver.ts';
import { type QfwdProfile, qfwdProfiles } from '../support/qfwd-profiles.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import { HERE, type NetTarget } from './net-bench.ts';

export const node: NetTarget = {
  name: 'node:net',
  deviations: new Set(),
  localAddress: HERE,
  open: async () => ({ net: nodeNet, close: async () => {} }),
};

/** Ours over a driver, which needs a dozen connections at once. `supports` names deviations that it does not show. */
export function ours(
  name: string,
  start: () => Promise<{ readonly driver: ModemDriver; close(): Promise<void> }>,
  {
    supports = [],
    localAddress,
    slow = false,
  }: { readonly supports?: readonly string[]; readonly localAddress: string; readonly slow?: boolean },
): NetTarget {
  const shown = deviations.map(({ id }) => id).filter(id => !supports.includes(id));
  return {
    name,
    slow,
    localAddress,
    deviations: new Set(shown),
    open: async () => {
      const { driver, close } = await start();
      const source = async (): Promise<ModemDriver> => driver;
      return { net: createNet({ driver: source, lookup: createDns(source).lookup }), close };
    },
  };
}

function loopback(name: string, options: LoopbackTcpOptions = {}): NetTarget {
  const start = async () => {
    const driver = new LoopbackTcpDriver(options);
    return { driver, close: () => driver.close() };
  };
  return ours(name, start, {
    supports: ['peer-ends-both', 'peer-reset'],
    localAddress: HERE,
    slow: options.receiveBytes === 1,
  });
}

/** Sequans modems have room for six connections; some suites open more. */
const SIM = { connections: 64 };

const sequans = (name: string, ...args: Parameters<typeof startSimDriver>): NetTarget =>
  ours(`sequans, ${name}`, () => startSimDriver(...args), {
    localAddress: '100.64.0.1',
    // Once over the simulator is enough.
    slow: args[1] !== undefined || args[0].generation === 1,
  });

const quectel = (profile: QfwdProfile): NetTarget =>
  ours(`quectel-qfwd, ${profile}`, () => startSimDriver({ ...SIM, commandSet: 'quectel-qfwd', profile }), {
    localAddress: '100.64.0.1',
    slow: true,
  });

/** Node first, for it decides what is right. */
export const loopbackTargets: readonly NetTarget[] = [
  node,
  loopback('loopback driver'),
  loopback('slow loopback driver', { turns: 5 }),
  loopback('loopback driver, sends of random size, seed 1', { partialSends: 1 }),
  loopback('loopback driver, a byte at a time, seed 2', { partialSends: 2, receiveBytes: 1 }),
];

export const sequansTargets: readonly NetTarget[] = [
  sequans('Monarch 2', SIM),
  sequans('Monarch 2, hex', SIM, { encoding: 'hex' }),
  sequans('Monarch 1', { ...SIM, generation: 1 }),
  sequans('Monarch 2, line cut at random, seed 3', SIM, { decorate: sliced({ seed: 3, mode: 'random' }) }),
];

export const quectelTargets: readonly NetTarget[] = qfwdProfiles.map(quectel);
