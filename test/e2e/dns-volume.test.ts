/** Many lookups over a simulated modem: none keeps a connection, and the program's own are left alone. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { turns } from '../conformance/bench.ts';
import { addressOf, NameServer, response } from '../unit/dns/name-server.ts';
import { openBench } from './modems.ts';

const LOOKUPS = 10_000;
const AT_ONCE = 50;

const MODEMS: readonly { readonly name: string; readonly options: SimOptions }[] = [
  { name: 'sequans Monarch 1', options: { generation: 1 } },
  { name: 'sequans Monarch 2', options: { generation: 2 } },
  { name: 'quectel-qfwd', options: { commandSet: 'quectel-qfwd', connections: 6 } },
];

test.each(MODEMS)(
  `${LOOKUPS} lookups, $name`,
  async ({ options }) => {
    const server = await NameServer.start(asked => [response(asked, { answers: [addressOf(asked.name)] })]);
    const { modem } = await openBench(options);
    const resolver = new modem.dns.promises.Resolver();
    resolver.setServers([server.address]);
    for (let done = 0; done < LOOKUPS; done += AT_ONCE) {
      const names = Array.from({ length: AT_ONCE }, (_, index) => `n${done + index}.test`);
      const found = await Promise.all(names.map(name => resolver.resolve4(name)));
      expect(found).toEqual(names.map(() => ['192.0.2.1']));
    }
    await closed(() => modem.stats().connections);
    expect(server.asked).toHaveLength(LOOKUPS);
  },
  300_000,
);

test.each(MODEMS)('with all connections but one in use, $name', async ({ options }) => {
  const server = await NameServer.start(asked => [response(asked, { answers: [addressOf(asked.name)] })]);
  const { modem } = await openBench(options);
  const resolver = new modem.dns.promises.Resolver();
  resolver.setServers([server.address]);
  const sockets = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const socket = modem.dgram.createSocket('udp4').bind();
      await once(socket, 'listening');
      return socket;
    }),
  );
  const names = Array.from({ length: 20 }, (_, index) => `n${index}.test`);
  expect(await Promise.all(names.map(name => resolver.resolve4(name)))).toEqual(
    names.map(() => ['192.0.2.1']),
  );
  await closed(() => modem.stats().connections - sockets.length);
  const last = modem.dgram.createSocket('udp4').bind();
  await once(last, 'listening');
  await expect(resolver.resolve4('none.test')).rejects.toMatchObject({
    code: 'ECONNREFUSED',
    message: expect.stringMatching(/6 (connections|sockets) of the modem .*in use/),
  });
  for (const socket of [last, ...sockets]) socket.close();
});

/** Giving a connection back is a command of its own. */
async function closed(open: () => number): Promise<void> {
  for (let patience = 0; open() > 0 && patience < 100; patience++) await turns();
  expect(open()).toBe(0);
}
