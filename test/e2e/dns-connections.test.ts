/** Lookups by name servers on modems with hardly any connection: the program's own come first, and are never harmed. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { addressOf, NameServer, type Responder, response } from '../unit/dns/name-server.ts';
import { MODEMS, openBench } from './modems.ts';
import { deadline } from './sockets.ts';
import { until } from './streams.ts';

const LOOKUPS = 20;
const BYTES = 200_000;

const here: Responder = asked => [response(asked, { answers: [addressOf(asked.name, '127.0.0.1')] })];
const silent: Responder = () => [];

async function echoServer(): Promise<number> {
  const server = createServer(socket => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connection of the program, and what it has heard so far. */
async function dial(modem: Modem, port: number, host = '127.0.0.1') {
  const heard = { bytes: 0, error: undefined as Error | undefined };
  const socket = modem.net.connect(port, host);
  socket.on('data', chunk => {
    heard.bytes += chunk.length;
  });
  await deadline('a connection', (resolve, reject) => socket.on('connect', resolve).on('error', reject));
  socket.on('error', error => {
    heard.error = error;
  });
  return { socket, heard };
}

describe.each(MODEMS)('$name', ({ simOptions }) => {
  const open = async (connections: number, respond: Responder) => {
    const server = await NameServer.start(respond);
    const bench = await openBench({ ...simOptions, connections }, { dns: server.address });
    return { ...bench, server };
  };

  test('two connections, one of them busy: lookups take turns on the other', async () => {
    const { modem, sim, server } = await open(2, here);
    const { socket, heard } = await dial(modem, await echoServer());
    socket.write(Buffer.alloc(BYTES, 'x'));
    let most = 0;
    const watch = (): void => {
      most = Math.max(most, sim.connectionsOpen);
    };
    server.udp.on('message', watch);
    const names = Array.from({ length: LOOKUPS }, (_, index) => `n${index}.test`);
    for (const name of names) expect(await modem.dns.promises.lookup(name, 4)).toMatchObject({ family: 4 });
    const found = await Promise.all(names.map(name => modem.dns.promises.resolve4(`all.${name}`)));
    expect(found).toEqual(names.map(() => ['127.0.0.1']));
    expect(most).toBe(2);
    await until('the echo', () => heard.bytes === BYTES);
    expect(heard.error).toBeUndefined();
    await until('one connection', () => sim.connectionsOpen === 1);
    // The other one is the program's again.
    const second = await dial(modem, await echoServer());
    second.socket.destroy();
    socket.destroy();
    await until('no connection', () => sim.connectionsOpen === 0);
  });

  test('one connection, in use: lookups fail with a clear error, and the connection lives on', async () => {
    const { modem, sim, server } = await open(1, here);
    const { socket, heard } = await dial(modem, await echoServer());
    const names = Array.from({ length: LOOKUPS }, (_, index) => `n${index}.test`);
    const outcomes = await Promise.allSettled([
      ...names.map(name => modem.dns.promises.lookup(name)),
      ...names.map(name => modem.dns.promises.resolve4(name)),
    ]);
    const errors = outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason);
    for (const [index, error] of errors.entries())
      expect(error).toMatchObject({
        code: index < LOOKUPS ? 'EAI_AGAIN' : 'ECONNREFUSED',
        message: expect.stringMatching(/\(.* of the modem .*in use.*TCP/),
      });
    expect(server.asked).toEqual([]);
    socket.write('still here');
    await until('the echo', () => heard.bytes === 10);
    socket.destroy();
    await until('no connection', () => sim.connectionsOpen === 0);
    expect(await modem.dns.promises.resolve4('n0.test')).toEqual(['127.0.0.1']);
  });

  test('one connection: it looks a name up, and is dialled with at once', async () => {
    const { modem, sim } = await open(1, here);
    const port = await echoServer();
    for (const name of ['a.test', 'b.test', 'c.test']) {
      const { socket, heard } = await dial(modem, port, name);
      socket.write('hello');
      await until('the echo', () => heard.bytes === 5);
      socket.destroy();
      await once(socket, 'close');
    }
    await until('no connection', () => sim.connectionsOpen === 0);
  });

  test('one connection, and a server that says nothing: it is the program’s again when the query has ended', async () => {
    const { modem, sim } = await open(1, silent);
    const resolver = new modem.dns.promises.Resolver({ timeout: 200, tries: 2 });
    await expect(resolver.resolve4('x.test')).rejects.toMatchObject({ code: 'ETIMEOUT' });
    const { socket } = await dial(modem, await echoServer());
    socket.destroy();
    await until('no connection', () => sim.connectionsOpen === 0);
  });
});
