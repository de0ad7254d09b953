/** `net` over a driver that is told what to do. */
import type nodeNet from 'node:net';
import { createDns } from '../../../src/sockets/dns.ts';
import type { DriverSource } from '../../../src/sockets/driver-source.ts';
import { createNet } from '../../../src/sockets/net.ts';
import { ScriptedTcpDriver } from './scripted-tcp-driver.ts';

export const PEER = '192.0.2.1';

export interface Setup {
  readonly driver: ScriptedTcpDriver;
  readonly net: typeof nodeNet;
}

/** @param source fails where there is no modem */
export function create(driver = new ScriptedTcpDriver(), source: DriverSource = async () => driver): Setup {
  return { driver, net: createNet({ driver: source, lookup: createDns(source).lookup }) };
}
