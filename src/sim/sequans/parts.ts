/** What the socket commands of a Sequans modem work on, and the checks they share. */
import type { Arguments } from '../arguments.ts';
import type { Machine } from '../firmware.ts';
import { cme, Refusal } from '../refusal.ts';
import { type Family, familyOf } from '../sim-hosts.ts';
import type { Network } from '../sim-network.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import type { TcpSockets } from './tcp.ts';
import type { UdpSockets } from './udp.ts';

export interface Parts {
  readonly machine: Machine;
  readonly network: Network;
  readonly connections: Connections;
  readonly udp: UdpSockets;
  readonly tcp: TcpSockets;
}

export function takeConnection(args: Arguments, { connections }: Parts): Connection {
  const one = connections.all[args.integer(1, connections.all.length) - 1];
  if (!one) throw new Refusal(cme.incorrectParameters);
  return one;
}

export function requireClosed(one: Connection): void {
  if (one.phase !== 'closed') throw new Refusal(cme.notSupported);
}

/** Has the PDP context of a socket an address of the same family? */
export function isReachable({ network }: Parts, one: Connection, address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && network.address(one.settings.config.cid, family) !== undefined;
}

/** The modem's address of a family, on the PDP context of a socket. */
export function localAddress({ network }: Parts, one: Connection, family: Family): string {
  const { cid } = one.settings.config;
  if (network.registration !== 1 || !network.isActive(cid)) throw new Refusal(cme.notSupported);
  const address = network.address(cid, family);
  if (address === undefined) throw new Refusal('NO CARRIER');
  return address;
}
