/** Programs written for IPv4 in a network that gives IPv6 only: its NAT64 and its DNS64 are those of the simulator. */
import { once } from 'node:events';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { needProgram } from '../support/programs.ts';
import { type Bench, openBench, TYPICAL } from './modems.ts';
import { startMosquitto } from './mosquitto.ts';
import { deadline, openEcho, openSocket } from './sockets.ts';
import { until } from './streams.ts';

const SERVER = '198.51.100.7';
const NAME = 'four.test';
const HOST = { [NAME]: SERVER, [SERVER]: '127.0.0.1', 'six.test': '2001:db8::7', '2001:db8::7': '::1' };

/** The well-known prefix, and a network's own of each other length; with the server as RFC 6052 dresses it. */
const PREFIXES = [
  ['64:ff9b::/96', '64:ff9b::c633:6407'],
  ['2001:db8::/32', '2001:db8:c633:6407::'],
  ['2001:db8:6400::/40', '2001:db8:64c6:3364:7::'],
  ['2001:db8:64::/48', '2001:db8:64:c633:64:700::'],
  ['2001:db8:64:6400::/56', '2001:db8:64:64c6:33:6407::'],
  ['2001:db8:64:64::/64', '2001:db8:64:64:c6:3364:700:0'],
] as const;

const soon = <T>(what: string, promise: Promise<T>): Promise<T> =>
  deadline(what, (resolve, reject) => promise.then(resolve, reject));

async function echoServer(): Promise<number> {
  const server = createServer(socket => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What the program sees of a connection; it is over then. */
async function dial(modem: Modem, port: number, host: string): Promise<unknown> {
  const socket = modem.net.connect(port, host);
  await soon(`a connection to ${host}`, once(socket, 'connect'));
  const echo = once(socket, 'data');
  socket.write('hello');
  const [data] = await soon('the echo', echo);
  const seen = [socket.remoteAddress, socket.remoteFamily, socket.remotePort, String(data)];
  socket.destroy();
  await soon('the end', once(socket, 'close'));
  return seen;
}

const failure = async (modem: Modem, host: string): Promise<Error> => {
  const [error] = await once(modem.net.connect(7, host), 'error', {});
  return error;
};

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  const open = (options: object, modemOptions = {}): Promise<Bench> =>
    openBench({ ...simOptions, pdp: 'ipv6', host: HOST, ...options }, modemOptions);

  describe.each([
    ['DNS64', []],
    ['no DNS64', ['no-dns64']],
  ] as const)('%s', (_, faults) => {
    test.each(PREFIXES)('NAT64 %s: UDP and TCP to a literal and to a name', async (nat64, mapped) => {
      const { modem, sim } = await open({ nat64, faults });
      const { port } = await openEcho();
      for (const host of [SERVER, NAME]) {
        const { socket, inbox } = openSocket(modem.dgram);
        socket.send('hello', port, host);
        const { data, from } = await inbox.takeOne();
        expect([String(data), from]).toEqual(['hello', { address: SERVER, port, family: 'IPv4', size: 5 }]);
        expect(socket.address()).toMatchObject({ address: '0.0.0.0', family: 'IPv4' });
      }
      const tcpPort = await echoServer();
      expect(await dial(modem, tcpPort, SERVER)).toEqual([SERVER, 'IPv4', tcpPort, 'hello']);
      expect(await modem.status()).toMatchObject({ nat64 });
      expect(await modem.dns.promises.lookup(NAME, { family: 6 })).toEqual({ address: mapped, family: 6 });
      const written = sim.received.join('\n');
      expect(written).toContain(mapped);
      expect(written).not.toContain(`"${SERVER}"`);
    });
  });

  test('HTTP GET from a literal', async () => {
    const { modem } = await open({ nat64: PREFIXES[3][0] });
    const server = createHttpServer((question, answer) => answer.end(`${question.headers.host}`));
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const question = get({ host: SERVER, port, createConnection: () => modem.net.connect(port, SERVER) });
    const [answer] = (await soon('an answer', once(question, 'response'))) as [IncomingMessage];
    expect(await soon('its body', text(answer))).toBe(`${SERVER}:${port}`);
  });

  test.for([
    { what: 'DNS64', faults: [] },
    { what: 'no DNS64', faults: ['no-dns64'] },
  ])('MQTT with a broker whose name has IPv4 only, $what', async ({ faults }, { skip }) => {
    const port = await startMosquitto(needProgram(skip, 'mosquitto'));
    const { modem } = await open({ nat64: PREFIXES[0][0], faults });
    const client = new MqttClient(() => modem.net.connect(port, NAME), { reconnectPeriod: 0 });
    onTestFinished(() => void client.end(true));
    await deadline('the broker', (resolve, reject) => client.on('connect', resolve).on('error', reject));
    const heard = new Promise<string[]>(resolve => {
      client.once('message', (topic, message) => resolve([topic, String(message)]));
    });
    await client.subscribeAsync('atsock/#', { qos: 1 });
    await client.publishAsync('atsock/1', 'hello', { qos: 1 });
    expect(await soon('the message', heard)).toEqual(['atsock/1', 'hello']);
    await client.endAsync();
  });

  test('no NAT64: a sentence, nothing dialled, and asked once', async () => {
    const { modem, sim } = await open({});
    const cause = { message: 'the network gives IPv6 only, and no NAT64 prefix was found' };
    for (const host of [SERVER, NAME])
      expect(await soon('an error', failure(modem, host))).toMatchObject({
        code: 'ENETUNREACH',
        syscall: 'connect',
        address: SERVER,
        cause,
      });
    const { socket } = openSocket(modem.dgram);
    const error = await deadline('an error', told => socket.send('x', 7, SERVER, told));
    expect(error).toMatchObject({ code: 'ENETUNREACH', cause });
    await expect(modem.dns.promises.lookup(NAME, 6)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(sim.received.filter(line => line.includes(SERVER))).toEqual([]);
    await until('no connection', () => sim.connectionsOpen === 0);
    expect(await modem.status()).not.toHaveProperty('nat64');
  });

  test('nat64=off: a sentence of its own', async () => {
    const { modem } = await open({ nat64: PREFIXES[0][0] }, { nat64: 'off' });
    expect(await failure(modem, SERVER)).toMatchObject({
      code: 'ENETUNREACH',
      cause: { message: 'the network gives IPv6 only, and NAT64 is not to be used (nat64=off)' },
    });
  });

  test('nat64=PREFIX: nobody is asked', async () => {
    const [nat64] = PREFIXES[2];
    const { modem, sim } = await open({ nat64, faults: ['no-dns64'] }, { nat64 });
    const port = await echoServer();
    const before = sim.received.length;
    expect(await dial(modem, port, SERVER)).toEqual([SERVER, 'IPv4', port, 'hello']);
    // Neither the modem's resolver nor a socket for a name server.
    const used = sim.received.slice(before);
    expect(used.filter(line => line.startsWith('AT+SQNDNSLKUP') || line.includes('::53"'))).toEqual([]);
  });

  test.each([
    ['ipv4v6', undefined],
    ['ip', undefined],
    ['ipv6', PREFIXES[3][0]],
  ] as const)('::ffff:198.51.100.7 is IPv4, on a network with %s', async (pdp, nat64) => {
    const { modem, sim } = await open({ pdp, ...(nat64 && { nat64 }) });
    const dressed = `::ffff:${SERVER}`;
    const port = await echoServer();
    expect(await dial(modem, port, dressed)).toEqual([dressed, 'IPv6', port, 'hello']);
    const echo = await openEcho();
    const { socket, inbox } = openSocket(modem.dgram, 'udp6');
    socket.send('hello', echo.port, dressed);
    const { from } = await inbox.takeOne();
    expect(from).toMatchObject({ address: dressed, family: 'IPv6', port: echo.port });
    socket.close();
    await soon('the end', once(socket, 'close'));
    expect(sim.connectionsOpen).toBe(0);
  });

  test('one udp6 socket talks to both families, connected or not (deviation dual-stack)', async () => {
    const { modem, sim } = await open({ pdp: 'ipv4v6' });
    const [four, six] = [await openEcho('udp4'), await openEcho('udp6')];
    const { socket, inbox } = openSocket(modem.dgram, 'udp6');
    const heard: string[] = [];
    for (const [host, { port }] of [
      ['2001:db8::7', six],
      [`::ffff:${SERVER}`, four],
      ['2001:db8::7', six],
    ] as const) {
      socket.send('hello', port, host);
      heard.push((await inbox.takeOne()).from.address);
    }
    expect(heard).toEqual(['2001:db8::7', `::ffff:${SERVER}`, '2001:db8::7']);
    socket.connect(four.port, `::ffff:${SERVER}`);
    await soon('connect', once(socket, 'connect'));
    socket.send('hello');
    expect((await inbox.takeOne()).from.address).toBe(`::ffff:${SERVER}`);
    socket.close();
    await soon('the end', once(socket, 'close'));
    expect(sim.connectionsOpen).toBe(0);
  });

  test('IPv4 only: an IPv6 literal fails with a sentence, and nothing is dialled', async () => {
    const { modem, sim } = await open({ pdp: 'ip' });
    const cause = { message: 'the network gives IPv4 only: no IPv6 address can be reached' };
    for (const host of ['2001:db8::7', 'six.test'])
      expect(await failure(modem, host)).toMatchObject({
        code: 'ENETUNREACH',
        syscall: 'connect',
        address: '2001:db8::7',
        cause,
      });
    const { socket } = openSocket(modem.dgram, 'udp6');
    const error = await deadline('an error', told => socket.send('x', 7, '2001:db8::7', told));
    expect(error).toMatchObject({ code: 'ENETUNREACH', cause });
    expect(sim.received.filter(line => line.includes('2001:db8::7'))).toEqual([]);
  });

  test('both families: IPv6 first, unless the program wants otherwise', async () => {
    const host = { 'both.test': [SERVER, '2001:db8::7'] };
    const { modem } = await open({ pdp: 'ipv4v6', host });
    const { lookup } = modem.dns.promises;
    const order = async (options: object): Promise<string[]> =>
      (await lookup('both.test', { ...options, all: true })).map(({ address }) => address);
    expect(await order({})).toEqual(['2001:db8::7', SERVER]);
    expect(await order({ verbatim: true })).toEqual(['2001:db8::7', SERVER]);
    expect(await order({ verbatim: false })).toEqual([SERVER, '2001:db8::7']);
    expect(await order({ order: 'ipv4first' })).toEqual([SERVER, '2001:db8::7']);
    modem.dns.setDefaultResultOrder('ipv4first');
    expect(await lookup('both.test')).toEqual({ address: SERVER, family: 4 });
  });
});

test('name servers that say nothing: given up within the limit of a lookup, with a sentence', async () => {
  // Port 53 of ::1 stands for the name servers of the network: nobody is there.
  const host = { ...HOST, '2001:db8::53': '::1', '2001:db8::54': '::1' };
  const { modem } = await openBench({ commandSet: 'quectel-qfwd', pdp: 'ipv6', host });
  const given = modem.net.connect(7, SERVER);
  const closed = once(given, 'close');
  await soon('the search', once(given, 'connectionAttempt'));
  given.destroy();
  await soon('a socket that does not wait for it', closed);
  const [error] = await once(modem.net.connect(7, SERVER), 'error');
  expect(error).toMatchObject({
    code: 'ENETUNREACH',
    cause: { message: 'the network gives IPv6 only, and no NAT64 prefix was found' },
  });
}, 20_000);
