/** Nat64Driver over real loopback sockets: IPv6 only with and without a translator, IPv4 only, both, and changes. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModemDriver } from '../../../src/driver/driver.ts';
import { Nat64Driver } from '../../../src/driver/nat64-driver.ts';
import { createPrefixSource } from '../../../src/driver/nat64-prefix.ts';
import type { Endpoint, Family, PortEvents, UdpPort } from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';
import type { LoopbackOptions } from '../../contract/loopback-driver.ts';
import { LoopbackDriver } from '../../contract/loopback-driver.ts';
import { LoopbackTcpDriver } from '../../contract/loopback-tcp-driver.ts';
import { deadline, StreamOwner, writeAll } from '../../support/owner.ts';

/** An IPv4 server of the internet, and what NAT64 makes of it. Its place on this machine is ::1. */
const SERVER = '198.51.100.7';
const MAPPED = '64:ff9b::c633:6407';
const ROUTES = { [MAPPED]: '::1' };
const FOUND = { 'ipv4only.arpa': ['64:ff9b::c000:aa', '64:ff9b::c000:ab'] };
const NOTHING: PortEvents = { readable() {}, closed() {} };

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const work of cleanup.splice(0).reverse()) await work();
});

async function start(options: LoopbackOptions, nat64 = 'auto') {
  const modem = new LoopbackTcpDriver(options);
  const driver = new Nat64Driver(
    modem,
    createPrefixSource(nat64, name => modem.resolve(name, 6)),
  );
  await driver.start();
  cleanup.push(() => driver.close());
  return { modem, driver };
}

const throughNat64 = () => start({ families: [6], names: FOUND, routes: ROUTES });

async function peer(family: Family = 6): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6').bind(0, family === 4 ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  cleanup.push(() => socket.close());
  return { socket, port: socket.address().port };
}

const at = (address: string, port: number): Endpoint => ({
  address,
  port,
  family: address.includes(':') ? 6 : 4,
});

/** Waits until the port has something, and takes it. */
function receive(opened: Promise<UdpPort>, rings: (ring: () => void) => void) {
  return deadline(resolve => rings(resolve), 'a datagram').then(async () => (await opened).receive());
}

function openUdp(driver: ModemDriver, family: Family, remote?: Endpoint) {
  let ring = (): void => {};
  const opened = driver.openUdp(
    { family, port: 0, ...(remote && { remote }) },
    { readable: () => ring(), closed() {} },
  );
  const heard = () =>
    receive(opened, wake => {
      ring = wake;
    });
  return { opened, heard };
}

describe('IPv6 only, with NAT64', () => {
  test('UDP: an IPv4 peer is sent to by its mapped address, and shown as itself', async () => {
    const { driver, modem } = await throughNat64();
    const { socket, port } = await peer();
    const { opened, heard } = openUdp(driver, 4, at(SERVER, port));
    const udp = await opened;
    expect(modem.openings).toEqual([{ family: 6, port: 0, remote: at(MAPPED, port) }]);
    expect(udp.local).toEqual({ address: '0.0.0.0', port: expect.any(Number), family: 4 });
    expect(udp.local.port).toBeGreaterThan(0);
    const asked = once(socket, 'message');
    const answer = heard();
    await udp.send(Buffer.from('ping'), at(SERVER, port));
    const [data, from] = await asked;
    expect([String(data), from.port]).toEqual(['ping', udp.local.port]);
    socket.send('pong', from.port, from.address);
    expect(await answer).toEqual({ data: Buffer.from('pong'), remote: at(SERVER, port) });
    await udp.close();
    expect(driver.connectionsOpen).toBe(0);
  });

  test('UDP: IPv6 senders are not shown to an IPv4 port, and hide nobody behind them', async () => {
    const { driver } = await throughNat64();
    const [stranger, friend] = [await peer(), await peer()];
    const { opened, heard } = openUdp(driver, 4);
    const udp = await opened;
    const known = once(friend.socket, 'message');
    await udp.send(Buffer.from('here I am'), at(SERVER, friend.port));
    await known;
    const inner = heard();
    // On one loopback interface datagrams keep their order.
    for (const text of ['one', 'two']) {
      await new Promise(sent => stranger.socket.send(text, udp.local.port, '::1', sent));
    }
    await new Promise(sent => friend.socket.send('three', udp.local.port, '::1', sent));
    let datagram = await inner;
    await deadline(async resolve => {
      for (; !datagram; datagram = await udp.receive()) await new Promise(setImmediate);
      resolve();
    }, 'the friend');
    expect(datagram).toEqual({ data: Buffer.from('three'), remote: at(SERVER, friend.port) });
    expect(await udp.receive()).toBeUndefined();
  });

  test('UDP: IPv6 ports are those of the driver below', async () => {
    const { driver, modem } = await throughNat64();
    const { socket, port } = await peer();
    const { opened, heard } = openUdp(driver, 6, at('::1', port));
    const answer = heard();
    await (await opened).send(Buffer.from('ping'), at('::1', port));
    const [, from] = await once(socket, 'message');
    socket.send('pong', from.port, from.address);
    expect((await answer)?.remote).toEqual(at('::1', port));
    expect(modem.lookups).toEqual([]);
  });

  test('TCP: dialled by the mapped address, shown as itself', async () => {
    const { driver } = await throughNat64();
    const server = createServer(socket => socket.pipe(socket)).listen(0, '::1');
    await once(server, 'listening');
    cleanup.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const owner = new StreamOwner();
    const tcp = await driver.openTcp?.(at(SERVER, port), owner);
    if (!tcp) throw new Error('no TCP');
    owner.port = tcp;
    expect(tcp.remote).toEqual(at(SERVER, port));
    expect(tcp.local).toEqual({ address: '0.0.0.0', port: expect.any(Number), family: 4 });
    await writeAll(tcp, Buffer.from('hello'));
    await owner.until(() => owner.bytes === 5, 'the echo');
    await tcp.drained();
    await tcp.close();
    expect(driver.connectionsOpen).toBe(0);
  });

  test('ten openings at once ask for the prefix once, and later ones not at all', async () => {
    const { driver, modem } = await throughNat64();
    const open = () => driver.openUdp({ family: 4, port: 0 }, NOTHING);
    await Promise.all(Array.from({ length: 10 }, open));
    await open();
    expect(modem.lookups).toEqual(['ipv4only.arpa 6']);
    expect(modem.looks).toBe(1);
    expect(await driver.nat64Prefix()).toBe('64:ff9b::/96');
    expect(modem.lookups.length).toBe(1);
  });

  test('a prefix given by the user is not looked for', async () => {
    const { driver, modem } = await start({ families: [6] }, '2001:db8::/32');
    await driver.openUdp({ family: 4, port: 0, remote: at(SERVER, 7) }, NOTHING);
    expect(modem.openings).toEqual([
      { family: 6, port: 0, remote: { address: '2001:db8:c633:6407::', port: 7, family: 6 } },
    ]);
    expect(modem.lookups).toEqual([]);
  });

  test.each(['127.0.0.1', '10.0.0.1', '255.255.255.255'])(
    '%s: ENETUNREACH, nothing is dialled',
    async address => {
      const { driver, modem } = await throughNat64();
      const failure = { code: 'ENETUNREACH', message: expect.stringContaining(address) };
      const remote = at(address, 7);
      await expect(driver.openTcp?.(remote, NOTHING)).rejects.toMatchObject(failure);
      await expect(driver.openUdp({ family: 4, port: 0, remote }, NOTHING)).rejects.toMatchObject(failure);
      expect(modem.openings).toEqual([]);
      const udp = await driver.openUdp({ family: 4, port: 0 }, NOTHING);
      await expect(udp.send(Buffer.from('x'), remote)).rejects.toMatchObject(failure);
    },
  );

  test('a listener for IPv4 would never hear: EADDRNOTAVAIL; one for IPv6 listens', async () => {
    const { driver } = await throughNat64();
    const events = { connection: () => NOTHING, closed() {} };
    await expect(driver.listenTcp?.({ family: 4, port: 0 }, events)).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: 'the network gives IPv6 only: nobody can call an IPv4 address of the modem',
    });
    expect((await driver.listenTcp?.({ family: 6, port: 0 }, events))?.local.family).toBe(6);
  });

  test('a modem that fails for another reason says so itself', async () => {
    const { driver, modem } = await throughNat64();
    modem.refuse(new SocketFailure('EMFILE', 'no room'));
    await expect(driver.openUdp({ family: 4, port: 0 }, NOTHING)).rejects.toMatchObject({ code: 'EMFILE' });
  });
});

describe('IPv6 only, without NAT64', () => {
  test.each([
    ['auto', 'the network gives IPv6 only, and no NAT64 prefix was found'],
    ['off', 'the network gives IPv6 only, and NAT64 is not to be used (nat64=off)'],
  ])('nat64=%s: ENETUNREACH with a sentence; IPv6 goes on', async (nat64, message) => {
    const { driver, modem } = await start({ families: [6] }, nat64);
    const failure = { code: 'ENETUNREACH', message };
    await expect(driver.openTcp?.(at(SERVER, 7), NOTHING)).rejects.toMatchObject(failure);
    await expect(driver.openUdp({ family: 4, port: 0 }, NOTHING)).rejects.toMatchObject(failure);
    expect(await driver.nat64Prefix()).toBeUndefined();
    expect(modem.lookups).toEqual(nat64 === 'auto' ? ['ipv4only.arpa 6'] : []);
    expect(modem.openings).toEqual([]);
    await driver.openUdp({ family: 6, port: 0 }, NOTHING);
  });
});

describe('IPv4 only', () => {
  test('IPv6 peers: ENETUNREACH before anything is dialled; IPv4 goes on', async () => {
    const { driver, modem } = await start({ families: [4] });
    const failure = {
      code: 'ENETUNREACH',
      message: 'the network gives IPv4 only: no IPv6 address can be reached',
    };
    await expect(driver.openTcp?.(at('2001:db8::1', 7), NOTHING)).rejects.toMatchObject(failure);
    await expect(driver.openUdp({ family: 6, port: 0 }, NOTHING)).rejects.toMatchObject(failure);
    expect(modem.openings).toEqual([]);
    await driver.openUdp({ family: 4, port: 0 }, NOTHING);
    expect(modem.lookups).toEqual([]);
    expect(await driver.nat64Prefix()).toBeUndefined();
  });

  test('a listener for IPv6: EADDRNOTAVAIL', async () => {
    const { driver } = await start({ families: [4] });
    const events = { connection: () => NOTHING, closed() {} };
    await expect(driver.listenTcp?.({ family: 6, port: 0 }, events)).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: 'the network gives IPv4 only: nobody can call an IPv6 address of the modem',
    });
  });
});

describe.each([
  ['both families', [4, 6]],
  ['a modem that names no addresses', []],
] as const)('%s', (_, families) => {
  test('everything is left to the driver below', async () => {
    const { driver, modem } = await start({ families });
    for (const remote of [at(SERVER, 7), at('2001:db8::1', 7)]) {
      const binding = { family: remote.family, port: 0, remote };
      // Below, a family that the network does not have is refused too.
      const port = await driver.openUdp(binding, NOTHING).catch(() => undefined);
      expect(modem.openings.pop()).toEqual(binding);
      // An IPv6 port may turn out to need IPv4 as well.
      const kind = remote.family === 4 ? 'LoopbackPort' : 'DualUdpPort';
      if (families.length > 0) expect(port?.constructor.name).toBe(kind);
    }
    expect(await driver.nat64Prefix()).toBeUndefined();
    expect(await driver.resolve('localhost', 0)).toEqual(['127.0.0.1']);
    expect(modem.lookups).toEqual(['localhost 0']);
  });
});

describe.each([
  ['where there is IPv4', { families: [4, 6], routes: { [SERVER]: '127.0.0.1' } }, 4],
  ['where there is IPv4 only', { families: [4], routes: { [SERVER]: '127.0.0.1' } }, 4],
  ['through NAT64', { families: [6], names: FOUND, routes: ROUTES }, 6],
] as const)('::ffff:198.51.100.7 %s', (_, network, family) => {
  const DRESSED = `::ffff:${SERVER}`;

  test('UDP: reached by IPv4 from an IPv6 port, and shown in its dress', async () => {
    const { driver, modem } = await start(network);
    const { socket, port } = await peer(family);
    socket.on('message', (data, from) => socket.send(data, from.port, from.address));
    const { opened, heard } = openUdp(driver, 6, at(DRESSED, port));
    const udp = await opened;
    expect(modem.openings.map(({ family }) => family)).toEqual([family]);
    expect(udp.local).toEqual({ address: '::', port: expect.any(Number), family: 6 });
    expect(udp.local.port).toBeGreaterThan(0);
    const answer = heard();
    await udp.send(Buffer.from('ping'), at(DRESSED, port));
    expect(await answer).toEqual({ data: Buffer.from('ping'), remote: at(DRESSED, port) });
    await udp.close();
    expect(driver.connectionsOpen).toBe(0);
  });

  test('TCP: dialled by IPv4, shown in its dress', async () => {
    const { driver } = await start(network);
    const server = createServer(socket => socket.end()).listen(0, family === 4 ? '127.0.0.1' : '::1');
    await once(server, 'listening');
    cleanup.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const tcp = await driver.openTcp?.(at(DRESSED, port), NOTHING);
    expect(tcp?.remote).toEqual(at(DRESSED, port));
    expect(tcp?.local).toMatchObject({ address: expect.stringMatching(/^::ffff:[\d.]+$/), family: 6 });
    await tcp?.close();
  });
});

describe('an IPv6 port that talks to both', () => {
  const both = async () => {
    const { driver, modem } = await start({ routes: { [SERVER]: '127.0.0.1' } });
    const [four, six] = [await peer(4), await peer(6)];
    const lost: (Error | undefined)[] = [];
    const udp = await driver.openUdp(
      { family: 6, port: 0 },
      { readable() {}, closed: error => void lost.push(error) },
    );
    const [to4, to6] = [at(`::ffff:${SERVER}`, four.port), at('::1', six.port)];
    return { driver, modem, udp, four, six, to4, to6, lost };
  };

  test('opens the second one when it is needed, once, and gives both back', async () => {
    const { driver, modem, udp, four, six, to4, to6 } = await both();
    expect(driver.connectionsOpen).toBe(1);
    const heard = [once(four.socket, 'message'), once(six.socket, 'message')];
    await Promise.all([udp.send(Buffer.from('4'), to4), udp.send(Buffer.from('6'), to6)]);
    await udp.send(Buffer.from('4'), to4);
    const [[, from4], [, from6]] = (await Promise.all(heard)) as [[Buffer, Endpoint], [Buffer, Endpoint]];
    expect(from6.port).toBe(udp.local.port);
    expect(modem.openings.map(({ family }) => family)).toEqual([6, 4]);
    four.socket.send('four', from4.port, '127.0.0.1');
    six.socket.send('six', from6.port, '::1');
    const received: unknown[] = [];
    await deadline(async resolve => {
      while (received.length < 2) {
        const datagram = await udp.receive();
        if (datagram) received.push([String(datagram.data), datagram.remote]);
        else await new Promise(setImmediate);
      }
      resolve();
    }, 'both answers');
    expect(received).toEqual(
      expect.arrayContaining([
        ['four', to4],
        ['six', to6],
      ]),
    );
    await udp.close();
    expect(driver.connectionsOpen).toBe(0);
  });

  test('a second one that cannot be opened is tried again by the next datagram', async () => {
    const { driver, udp, to4 } = await both();
    const full = await Promise.all(
      Array.from({ length: 63 }, () => driver.openUdp({ family: 4, port: 0 }, NOTHING)),
    );
    await expect(udp.send(Buffer.from('4'), to4)).rejects.toMatchObject({ code: 'EMFILE' });
    await full[0]?.close();
    await udp.send(Buffer.from('4'), to4);
    expect(driver.connectionsOpen).toBe(64);
  });

  test('closed while the second one is being opened: both are given back', async () => {
    const { driver, udp, to4 } = await both();
    void udp.send(Buffer.from('4'), to4).catch(() => {});
    await udp.close();
    expect(driver.connectionsOpen).toBe(0);
  });

  test('the end of the modem is told once', async () => {
    const { driver, udp, to4, lost } = await both();
    await udp.send(Buffer.from('4'), to4);
    await driver.close();
    expect(lost).toHaveLength(1);
    expect(driver.connectionsOpen).toBe(0);
  });
});

test('a dial that is given up does not wait for the prefix', async () => {
  const modem = new LoopbackTcpDriver({ families: [6] });
  let found = (_: readonly string[]): void => {};
  const searching = new Promise<readonly string[]>(resolve => {
    found = resolve;
  });
  const driver = new Nat64Driver(
    modem,
    createPrefixSource('auto', () => searching),
  );
  await driver.start();
  const givingUp = new AbortController();
  const dialled = driver.openTcp?.(at(SERVER, 7), NOTHING, givingUp.signal);
  await new Promise(setImmediate);
  givingUp.abort(new Error('enough'));
  await expect(dialled).rejects.toThrow('enough');
  // Who waits for the same search is not disturbed.
  const other = driver.openUdp({ family: 4, port: 0 }, NOTHING);
  found(FOUND['ipv4only.arpa']);
  await (await other).close();
});

test('a dial that was given up before it began dials nobody', async () => {
  const { modem, driver } = await throughNat64();
  const dialled = driver.openTcp?.(at(SERVER, 7), NOTHING, AbortSignal.abort(new Error('enough')));
  await expect(dialled).rejects.toThrow('enough');
  expect(modem.connectionsOpen).toBe(0);
});

test('a driver that can be asked for addresses alone is asked for no more', async () => {
  const modem = new LoopbackTcpDriver({ families: [6] });
  const own = Object.assign(modem, {
    readAddresses: async () => ['2001:db8::9'],
    network: () => Promise.reject(new Error('asked for everything')),
  });
  const driver = new Nat64Driver(
    own,
    createPrefixSource('off', async () => []),
  );
  await driver.start();
  expect(await driver.readAddresses()).toEqual(['2001:db8::9']);
});

test('the addresses of the context that it knows, without a look', async () => {
  const { driver } = await throughNat64();
  expect(driver.contextAddresses).toEqual(await driver.readAddresses());
});

describe('names', () => {
  const NAMES = { both: [SERVER, '2001:db8::7'], four: [SERVER], six: ['2001:db8::7'] };

  test.each([
    // [families of the network, name, answer, asked]
    [[4, 6], 'both', NAMES.both, ['both 0']],
    [[6], 'both', ['2001:db8::7'], ['both 6']],
    [[6], 'four', [SERVER], ['four 6', 'four 4']],
    [[4], 'both', [SERVER], ['both 4']],
    [[4], 'six', ['2001:db8::7'], ['six 4', 'six 6']],
  ] as const)('a network with %j, %s of any family', async (families, name, answer, asked) => {
    const { driver, modem } = await start({ families, names: NAMES });
    expect(await driver.resolve(name, 0)).toEqual(answer);
    expect(modem.lookups).toEqual(asked);
  });

  test('who asks for one family gets that one', async () => {
    const { driver, modem } = await start({ families: [6], names: NAMES });
    expect(await driver.resolve('both', 4)).toEqual([SERVER]);
    await expect(driver.resolve('four', 6)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(driver.resolve('nobody', 0)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(modem.lookups).toEqual(['both 4', 'four 6', 'nobody 6', 'nobody 4']);
  });

  test('a resolver that cannot say is not asked for the other family', async () => {
    const { driver, modem } = await start({ families: [6] });
    const asked: (Family | 0)[] = [];
    modem.resolve = async (_, family) => {
      asked.push(family);
      throw new SocketFailure('EAI_AGAIN', 'later');
    };
    await expect(driver.resolve('both', 0)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    expect(asked).toEqual([6]);
  });
});

describe('a context that changes', () => {
  const open4 = (driver: ModemDriver) =>
    driver.openUdp({ family: 4, port: 0, remote: at('127.0.0.1', 7) }, NOTHING);

  test('addresses that come late are seen: after a failure, and not more often than every 5 s', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { driver, modem } = await start({ families: [], names: FOUND, routes: ROUTES });
    for (let round = 0; round < 5; round++)
      await expect(open4(driver)).rejects.toMatchObject({ code: 'ENETUNREACH' });
    expect(modem.looks).toBe(1);
    modem.families = [4];
    vi.advanceTimersByTime(5_000);
    await open4(driver);
    await open4(driver);
    expect(modem.looks).toBe(2);
  });

  test('addresses that come late are seen before anything has failed', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { driver, modem } = await start({ families: [], names: FOUND });
    modem.families = [6];
    vi.advanceTimersByTime(5_000);
    expect(await driver.nat64Prefix()).toBe('64:ff9b::/96');
    vi.advanceTimersByTime(5_000);
    expect(await driver.nat64Prefix()).toBe('64:ff9b::/96');
    expect(modem.looks).toBe(2);
  });

  test('from IPv6 only to IPv4', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { driver, modem } = await throughNat64();
    await expect(open4(driver)).rejects.toMatchObject({ code: 'ENETUNREACH' });
    modem.families = [4];
    vi.advanceTimersByTime(5_000);
    await open4(driver);
    expect(modem.openings.length).toBe(1);
  });

  test('whoever asks for the network brings the news; another network may have another prefix', async () => {
    const { driver, modem } = await start({ families: [4], names: FOUND });
    modem.families = [6];
    expect((await driver.network()).addresses).toEqual(['::1']);
    await driver.openUdp({ family: 4, port: 0 }, NOTHING);
    modem.families = [4, 6];
    await driver.network();
    modem.families = [6];
    await driver.network();
    await driver.network();
    await driver.openUdp({ family: 4, port: 0 }, NOTHING);
    expect(modem.lookups).toEqual(['ipv4only.arpa 6', 'ipv4only.arpa 6']);
  });

  test('a modem that cannot say is not in the way', async () => {
    const modem = new LoopbackDriver();
    modem.network = () => Promise.reject(new Error('no answer'));
    const driver = new Nat64Driver(
      modem,
      createPrefixSource('off', async () => []),
    );
    cleanup.push(() => driver.close());
    await driver.start();
    await open4(driver);
    await expect(driver.network()).rejects.toThrow('no answer');
  });
});

describe('the rest passes', () => {
  test('limits, counters, capabilities, name servers, members that are not there', async () => {
    const modem = Object.assign(new LoopbackDriver({ limits: { connections: 3 } }), {
      capabilities: { form: 'binary' },
      nameServers: async () => ['192.0.2.53'],
    });
    const driver = new Nat64Driver(
      modem,
      createPrefixSource('off', async () => []),
    );
    await driver.start();
    expect(driver.limits).toBe(modem.limits);
    expect(driver.payload).toBe(modem.payload);
    expect(driver.capabilities).toEqual({ form: 'binary' });
    expect(await driver.nameServers?.()).toEqual(['192.0.2.53']);
    expect([driver.openTcp, driver.listenTcp]).toEqual([undefined, undefined]);
    const bare = new Nat64Driver(
      new LoopbackDriver(),
      createPrefixSource('off', async () => []),
    );
    expect([bare.capabilities, bare.nameServers]).toEqual([{}, undefined]);
  });
});
