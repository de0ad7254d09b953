/** What the suites of `dns` share: the target under test, and a resolver aimed at a name server of the test. */
import nodeDns from 'node:dns';
import { afterAll, beforeAll } from 'vitest';
import type { ModemDriver } from '../../src/driver/driver.ts';
import { createDns } from '../../src/sockets/dns.ts';
import { LoopbackTcpDriver, type LoopbackTcpOptions } from '../contract/loopback-tcp-driver.ts';
import { qfwdProfiles } from '../support/qfwd-profiles.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import { addressOf, NameServer, type Responder, response } from '../unit/dns/name-server.ts';
import { turns } from './bench.ts';

export type Dns = typeof nodeDns;

export interface DnsTarget {
  readonly name: string;
  open(): Promise<{ readonly dns: Dns; close(): Promise<void> }>;
}

export const node: DnsTarget = {
  name: 'node:dns',
  open: async () => ({ dns: nodeDns, close: async () => {} }),
};

const ours = (
  name: string,
  start: () => Promise<{ readonly driver: ModemDriver; close(): Promise<void> }>,
): DnsTarget => ({
  name,
  open: async () => {
    const { driver, close } = await start();
    return { dns: createDns(async () => driver), close };
  },
});

function loopback(name: string, options: LoopbackTcpOptions = {}): DnsTarget {
  return ours(name, async () => {
    const driver = new LoopbackTcpDriver(options);
    return { driver, close: () => driver.close() };
  });
}

export const dnsTargets: readonly DnsTarget[] = [
  node,
  loopback('loopback driver'),
  loopback('slow loopback driver, sends of random size, seed 1', {
    turns: 5,
    partialSends: 1,
    receiveBytes: 3,
  }),
  ours('sequans, Monarch 2', () => startSimDriver({})),
  ours('sequans, Monarch 1', () => startSimDriver({ generation: 1 })),
  ours('sequans, Monarch 2, hex', () => startSimDriver({}, { encoding: 'hex' })),
  ...qfwdProfiles.map(profile =>
    ours(`quectel-qfwd, ${profile}`, () => startSimDriver({ commandSet: 'quectel-qfwd', profile })),
  ),
];

export const rightAnswer: Responder = asked => [response(asked, { answers: [addressOf(asked.name)] })];

export class DnsBench {
  readonly target: DnsTarget;
  #dns: Dns | undefined;

  constructor(target: DnsTarget) {
    this.target = target;
    let close = async (): Promise<void> => {};
    beforeAll(async () => {
      const opened = await target.open();
      this.#dns = opened.dns;
      close = opened.close;
    });
    afterAll(async () => {
      // What was cancelled is being given back.
      await turns(100);
      await close();
    });
  }

  get dns(): Dns {
    if (!this.#dns) throw new Error('the target is not open');
    return this.#dns;
  }

  /** A callback and a promise resolver that ask a server of this test. */
  async resolvers(
    respond: Responder = rightAnswer,
    options: { readonly timeout?: number; readonly tries?: number } = { timeout: 2_000, tries: 1 },
  ): Promise<{
    readonly server: NameServer;
    readonly resolver: nodeDns.Resolver;
    readonly promised: nodeDns.promises.Resolver;
  }> {
    const server = await NameServer.start(respond);
    const resolver = new this.dns.Resolver(options);
    const promised = new this.dns.promises.Resolver(options);
    for (const each of [resolver, promised]) each.setServers([server.address]);
    return { server, resolver, promised };
  }
}
