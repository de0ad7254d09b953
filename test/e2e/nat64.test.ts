/** Programs written for IPv4 on networks that give IPv6 only, over the simulator. Its hosts play the translator. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SimModem } from '../../src/sim/index.ts';
import { within } from '../tools/run-cli.ts';
import { type Bench, GENERATIONS, openBench } from './modems.ts';

const SERVER = '198.51.100.7';

/** The well-known prefix and two of a network's own, with 192.0.0.170 and the server as RFC 6052 dresses them. */
type Network = readonly [prefix: string, arpa: string, server: string];

const WELL_KNOWN: Network = ['64:ff9b::/96', '64:ff9b::c000:aa', '64:ff9b::c633:6407'];
const OWN: Network = ['2001:db8:64::/48', '2001:db8:64:c000:0:aa00::', '2001:db8:64:c633:64:700::'];
const NETWORKS: readonly Network[] = [
  WELL_KNOWN,
  OWN,
  ['2001:db8:64:6400::/56', '2001:db8:64:64c0:0:aa::', '2001:db8:64:64c6:33:6407::'],
];

const soon = <T>(what: string, promise: Promise<T>): Promise<T> => within(20_000, what, promise);

/** IPv6 only, with a DNS64 server for the name that matters and a translator for one server. */
const openNetwork = ([, arpa, server]: Network, generation: 1 | 2 = 2, nat64?: string): Promise<Bench> =>
  openBench(
    {
      generation,
      pdp: 'ipv6',
      host: { 'ipv4only.arpa': [arpa], 'four.test': [SERVER], [server]: ['127.0.0.1'] },
    },
    nat64 === undefined ? {} : { nat64 },
  );

const lookups = (sim: SimModem): number => sim.received.filter(line => line.includes('ipv4only.arpa')).length;

async function udpEcho(): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  socket.bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  return socket.address().port;
}

async function tcpEcho(): Promise<number> {
  const server = createServer(socket => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe.each(GENERATIONS)('Monarch %i', generation => {
  describe.each(NETWORKS)('NAT64 %s', (...network) => {
    const [prefix, , mapped] = network;

    test('a udp4 socket talks to an IPv4 literal, and rinfo shows it (deviation nat64-datagrams)', async () => {
      const { modem, sim } = await openNetwork(network, generation);
      const port = await udpEcho();
      const socket = modem.dgram.createSocket('udp4');
      const answer = once(socket, 'message');
      socket.send('hello', port, SERVER);
      const [data, rinfo] = (await soon('the echo', answer)) as [Buffer, RemoteInfo];
      expect([String(data), rinfo]).toEqual(['hello', { address: SERVER, port, family: 'IPv4', size: 5 }]);
      expect(socket.address()).toMatchObject({ address: '0.0.0.0', family: 'IPv4' });
      socket.close();
      await soon('the end', once(socket, 'close'));
      expect(lookups(sim)).toBe(1);
      expect(sim.received.join('\n')).toContain(mapped);
      expect(sim.received.join('\n')).not.toContain(`"${SERVER}"`);
    });

    test('net.connect() to a name that has IPv4 only, and to the literal', async () => {
      const { modem, sim } = await openNetwork(network, generation);
      const port = await tcpEcho();
      for (const host of ['four.test', SERVER]) {
        const socket = modem.net.connect(port, host);
        await soon('a connection', once(socket, 'connect'));
        expect([socket.remoteAddress, socket.remoteFamily, socket.remotePort]).toEqual([
          SERVER,
          'IPv4',
          port,
        ]);
        expect([socket.localAddress, socket.localFamily]).toEqual(['0.0.0.0', 'IPv4']);
        const echo = once(socket, 'data');
        socket.write('hello');
        expect(String((await soon('the echo', echo))[0])).toBe('hello');
        socket.destroy();
        await soon('the end', once(socket, 'close'));
      }
      expect(lookups(sim)).toBe(1);
      expect(await modem.status()).toMatchObject({ nat64: prefix });
    });

    test('HTTP', async () => {
      const { modem } = await openNetwork(network, generation);
      const server = createHttpServer((question, answer) => answer.end(`${question.headers.host}`));
      server.listen(0, '127.0.0.1');
      onTestFinished(() => void server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const question = get({
        host: SERVER,
        port,
        createConnection: () => modem.net.connect(port, SERVER),
      });
      const [answer] = (await soon('an answer', once(question, 'response'))) as [IncomingMessage];
      expect(await soon('its body', text(answer))).toBe(`${SERVER}:${port}`);
    });
  });

  test('no NAT64: sockets fail with a sentence, and nothing is dialled', async () => {
    const { modem, sim } = await openBench({ generation, pdp: 'ipv6', host: { 'four.test': SERVER } });
    const cause = { message: 'the network gives IPv6 only, and no NAT64 prefix was found' };
    for (const host of [SERVER, 'four.test']) {
      const [error] = await soon('an error', once(modem.net.connect(7, host), 'error', {}));
      expect(error).toMatchObject({ code: 'ENETUNREACH', syscall: 'connect', address: SERVER, cause });
    }
    const socket = modem.dgram.createSocket('udp4');
    const failed = await soon('an error', new Promise(told => socket.send('x', 7, SERVER, told)));
    expect(failed).toMatchObject({ code: 'ENETUNREACH', cause });
    socket.close();
    expect(sim.received.filter(line => line.startsWith('AT+SQNSD'))).toEqual([]);
    expect(lookups(sim)).toBe(1);
    expect(await modem.status()).not.toHaveProperty('nat64');
  });

  test('IPv4 only: an IPv6 address fails with a sentence, and nothing is dialled', async () => {
    const { modem, sim } = await openBench({ generation, pdp: 'ip' });
    const cause = { message: 'the network gives IPv4 only: no IPv6 address can be reached' };
    const [error] = await soon('an error', once(modem.net.connect(7, '2001:db8::1'), 'error'));
    expect(error).toMatchObject({ code: 'ENETUNREACH', address: '2001:db8::1', cause });
    const socket = modem.dgram.createSocket('udp6');
    const failed = await soon('an error', new Promise(told => socket.send('x', 7, '2001:db8::1', told)));
    expect(failed).toMatchObject({ code: 'ENETUNREACH', cause });
    socket.close();
    expect(sim.received.filter(line => line.startsWith('AT+SQNSD'))).toEqual([]);
  });
});

test('nat64=off: a sentence of its own', async () => {
  const { modem, sim } = await openNetwork(WELL_KNOWN, 2, 'off');
  const [error] = await soon('an error', once(modem.net.connect(7, SERVER), 'error'));
  expect(error.cause.message).toBe('the network gives IPv6 only, and NAT64 is not to be used (nat64=off)');
  expect(lookups(sim)).toBe(0);
});

test('nat64=PREFIX: nobody is asked', async () => {
  const { modem, sim } = await openNetwork(OWN, 2, '2001:db8:64::/48');
  const socket = modem.net.connect(await tcpEcho(), SERVER);
  await soon('a connection', once(socket, 'connect'));
  socket.destroy();
  await soon('the end', once(socket, 'close'));
  expect(lookups(sim)).toBe(0);
  expect(await modem.status()).toMatchObject({ nat64: '2001:db8:64::/48' });
});

test.each(['', '64:ff9b::', '64:ff9b::/97', '64:ff9b::1/96', 'on'])('nat64=%s is refused', async nat64 => {
  await expect(openNetwork(WELL_KNOWN, 2, nat64)).rejects.toMatchObject({
    message: expect.stringMatching(
      /"nat64" cannot be used; it takes auto, off, or an IPv6 prefix .*64:ff9b::/,
    ),
  });
});

test('both families: no prefix is looked for', async () => {
  const { modem, sim } = await openBench({ host: { [SERVER]: '127.0.0.1' } });
  const socket = modem.net.connect(await tcpEcho(), SERVER);
  await soon('a connection', once(socket, 'connect'));
  expect(socket.remoteAddress).toBe(SERVER);
  socket.destroy();
  await soon('the end', once(socket, 'close'));
  expect(await modem.status()).not.toHaveProperty('nat64');
  expect(lookups(sim)).toBe(0);
});

test('a server for IPv4 where there is IPv6 only: EADDRNOTAVAIL (deviation nat64-connections)', async () => {
  const { modem } = await openNetwork(WELL_KNOWN);
  const server = modem.net.createServer().listen(0, '0.0.0.0');
  const [error] = await soon('an error', once(server, 'error'));
  expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'listen' });
});
