/** How connections end and fail: the same events in the same order, and the same errors, as with `node:net`. */
import { once } from 'node:events';
import nodeNet, { type Socket, type TcpNetConnectOpts } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Urc } from '../../src/at/index.ts';
import type { Modem } from '../../src/index.ts';
import type { SimModem } from '../../src/sim/index.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { type Bench, MODEMS, openBench } from './modems.ts';
import { deadline, type To } from './sockets.ts';
import { closed, closedPort, dial, expectBytes, type Net, openPeers, openServer, until } from './streams.ts';

const SEED = 4_711;
const BYTES = 100_000;
const EVENTS = ['lookup', 'connect', 'ready', 'data', 'end', 'finish', 'timeout', 'error', 'close'] as const;

/** What a program with this socket hears; several pieces of data in a row count as one. */
function heard(socket: Socket): string[] {
  const events: string[] = [];
  for (const event of EVENTS) {
    socket.on(event, (...values: unknown[]) => {
      if (event === 'data' && events.at(-1) === 'data') return;
      const [value] = values;
      if (event === 'error') events.push(`error ${(value as NodeJS.ErrnoException).code}`);
      else events.push(event === 'close' ? `close ${value}` : event);
    });
  }
  return events;
}

interface Ending {
  readonly events: readonly string[];
  readonly bytes: Buffer;
}

/** One connection to its end. `use` does to the socket what a program does. */
async function play(net: Net, to: To, use: (socket: Socket) => unknown): Promise<Ending> {
  const socket = net.connect({ port: to.port, host: to.address });
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  const events = heard(socket);
  socket.on('data', chunk => chunks.push(chunk));
  use(socket);
  await closed(socket);
  return { events, bytes: Buffer.concat(chunks) };
}

/** The same with Node's own module and over the modem. */
async function expectAsNode(
  { modem, sim }: Bench,
  to: To,
  use: (socket: Socket) => unknown,
): Promise<Ending> {
  const own = await play(nodeNet, to, use);
  const ours = await play(modem.net, to, use);
  expect(ours.events).toEqual(own.events);
  expect(ours.bytes.equals(own.bytes)).toBe(true);
  expect(modem.stats()).toMatchObject({ connections: 0, recoveries: 0 });
  expect(sim.connectionsOpen).toBe(0);
  return ours;
}

const nothing = (): void => {};

describe.each(MODEMS)(`in order, $name, seed ${SEED}`, ({ simOptions, dialect }) => {
  const bytes = nastyBytes(BYTES, SEED);

  test('the peer sends and closes at once', async () => {
    const to = await openServer(peer => peer.end(bytes));
    const ending = await expectAsNode(await openBench(simOptions), to, nothing);
    expect(ending.bytes.equals(bytes)).toBe(true);
    expect(ending.events).toEqual(['connect', 'ready', 'data', 'end', 'finish', 'close false']);
  });

  test('the peer closes without a word', async () => {
    const to = await openServer(peer => peer.end());
    await expectAsNode(await openBench(simOptions), to, nothing);
  });

  test('the program writes and ends, the peer answers what it has heard', async () => {
    const to = await openServer(peer => {
      const parts: Buffer[] = [];
      let count = 0;
      peer.on('data', part => {
        parts.push(part);
        count += part.length;
        if (count === BYTES) peer.end(Buffer.concat(parts));
      });
    });
    const { modem } = await openBench(simOptions);
    const own = await play(nodeNet, to, socket => socket.end(bytes));
    const ours = await play(modem.net, to, socket => socket.end(bytes));
    expect([own, ours].map(ending => ending.bytes.equals(bytes))).toEqual([true, true]);
    // Deviation writes-complete-later: the answer may be here before the modem says that all was sent.
    const orderly = ({ events }: Ending): string[] =>
      events.filter(event => event !== 'finish').filter((event, at, all) => event !== all[at - 1]);
    expect(orderly(ours)).toEqual(orderly(own));
    expect(ours.events).toContain('finish');
    expect(modem.stats()).toMatchObject({ connections: 0, recoveries: 0 });
  });

  test('a peer that waits for the end before it answers hears it, and is not heard (deviation half-close)', async () => {
    const { modem } = await openBench(simOptions);
    const { to, next } = await openPeers();
    const playing = play(modem.net, to, socket => socket.end(bytes));
    const peer = await next();
    const ended = deadline('the end', resolve => peer.on('end', () => resolve(undefined)));
    await expectBytes(peer, bytes, 'all before the end');
    await ended;
    peer.end('too late');
    expect(await playing).toEqual({
      events: ['connect', 'ready', 'finish', 'end', 'close false'],
      bytes: Buffer.alloc(0),
    });
  });

  test('the program destroys its socket', async () => {
    const to = await openServer(peer => peer.resume());
    await expectAsNode(await openBench(simOptions), to, socket =>
      socket.on('connect', () => socket.destroy()),
    );
  });

  test('the program destroys its socket with an error, before it is connected', async () => {
    const to = await openServer(peer => peer.resume());
    const use = (socket: Socket): unknown =>
      socket.destroy(Object.assign(new Error('mine'), { code: 'MINE' }));
    await expectAsNode(await openBench(simOptions), to, use);
  });

  test('the program ends when it has heard everything', async () => {
    const to = await openServer(peer => {
      peer.resume().on('end', () => peer.end());
      peer.write(bytes);
    });
    let count = 0;
    await expectAsNode(await openBench(simOptions), to, socket => {
      count = 0;
      socket.on('data', chunk => {
        count += chunk.length;
        if (count === BYTES) socket.end('thanks');
      });
    });
  });

  test('what waits in the modem when the peer has gone is not lost', async () => {
    const { modem, sim } = await openBench(simOptions);
    const { to, next } = await openPeers();
    const socket = (await dial(modem.net, to)).pause();
    const peer = await next();
    const hungUp = said(modem, dialect.isHangUp);
    peer.end(bytes.subarray(0, 5_000));
    await hungUp;
    const events = heard(socket);
    await Promise.all([
      expectBytes(socket.resume(), bytes.subarray(0, 5_000), 'the last words'),
      closed(socket),
    ]);
    expect(events).toEqual(['data', 'end', 'finish', 'close false']);
    expect(sim.connectionsOpen).toBe(0);
  });
});

/** Resolves when the modem says so. */
function said(modem: Modem, isIt: (urc: Urc) => boolean): Promise<void> {
  return deadline('word from the modem', resolve => modem.at.on('urc', urc => isIt(urc) && resolve()));
}

describe.each(MODEMS)(`a peer that resets, $name, seed ${SEED}`, ({ simOptions, dialect }) => {
  const LAST_WORDS = nastyBytes(10_000, SEED);

  /** The modem holds bytes of ours that the peer does not take: it refuses more. */
  async function fill(sim: SimModem, socket: Socket): Promise<void> {
    const block = Buffer.alloc(1 << 20);
    const write = (): void => void socket.write(block, error => !error && write());
    write();
    await until('the buffers to be full', () => dialect.isFull(sim.received));
  }

  test('while it does not take our bytes: what was received, then the error', async () => {
    const { modem, sim } = await openBench(simOptions);
    const { to, next } = await openPeers();
    const socket = (await dial(modem.net, to)).pause();
    const peer = (await next()).pause();
    const events = heard(socket);
    await fill(sim, socket);
    const [rung, hungUp] = [said(modem, dialect.isRing), said(modem, dialect.isHangUp)];
    peer.write(LAST_WORDS);
    await rung;
    peer.resetAndDestroy();
    await hungUp;
    const chunks: Buffer[] = [];
    socket.on('data', chunk => chunks.push(chunk)).resume();
    await closed(socket);
    expect(events).toEqual(['data', ...dialect.afterReset.read, 'close true']);
    expect(Buffer.concat(chunks).equals(LAST_WORDS)).toBe(true);
    expect(sim.connectionsOpen).toBe(0);
  });

  test('while it does not take our bytes and we never read: the write fails', async () => {
    const { modem, sim } = await openBench(simOptions);
    const { to, next } = await openPeers();
    // Before 'connect': later, a first read would be under way.
    const socket = modem.net.connect(to.port, to.address).pause();
    const [peer] = await Promise.all([next(), once(socket, 'connect')]);
    peer.pause();
    const events = heard(socket);
    await fill(sim, socket);
    peer.resetAndDestroy();
    await closed(socket);
    expect(events).toEqual([...dialect.afterReset.unread, 'close true']);
    expect(sim.connectionsOpen).toBe(0);
  });

  test.each([
    ['resets', (peer: Socket) => peer.resetAndDestroy()],
    ['closes', (peer: Socket) => peer.end()],
  ])('while we write over a slow line, a peer that %s: its last words come first', async (_, leave) => {
    const { modem, sim } = await openBench({ ...simOptions, baud: 921_600 });
    const { to, next } = await openPeers();
    const socket = await dial(modem.net, to);
    const peer = (await next()).resume();
    const events = heard(socket);
    const chunks: Buffer[] = [];
    socket.on('data', chunk => chunks.push(chunk));
    socket.write(Buffer.alloc(1 << 20));
    const hungUp = said(modem, dialect.isHangUp);
    peer.write(LAST_WORDS, () => leave(peer));
    await Promise.all([hungUp, closed(socket)]);
    expect(Buffer.concat(chunks).equals(LAST_WORDS), `${Buffer.concat(chunks).length} bytes came`).toBe(true);
    expect(events.slice(-2)).toEqual([expect.stringMatching(/^error (ECONNRESET|EPIPE)$/), 'close true']);
    expect(sim.connectionsOpen).toBe(0);
  });

  test('with nothing of ours under way: an orderly end, since the modem cannot tell', async () => {
    const { modem } = await openBench(simOptions);
    const { to, next } = await openPeers();
    const socket = await dial(modem.net, to);
    const events = heard(socket);
    (await next()).resetAndDestroy();
    await closed(socket);
    expect(events).toEqual(['end', 'finish', 'close false']);
  });
});

/** What programs look at, and what people read. */
function shape(error: unknown): object {
  const { name, message, code, errno, syscall, address, port, hostname } = error as Error &
    NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string };
  return { name, message, code, errno, syscall, address, port, hostname };
}

/** How connecting fails, and all events until then. */
async function failure(net: Net, options: TcpNetConnectOpts): Promise<{ error: object; events: string[] }> {
  const socket = net.connect(options);
  const events = heard(socket);
  let error: unknown;
  socket.on('error', raised => {
    error = raised;
  });
  await closed(socket);
  return { error: shape(error), events };
}

describe.each(MODEMS)('connections that fail, $name', ({ simOptions }) => {
  const expectNothingLeft = async (sim: SimModem, modem: Modem): Promise<void> => {
    // A modem without a command for it asks for names over a socket, which it closes when it has the answer.
    await until('no connection', () => modem.stats().connections === 0);
    expect(sim.connectionsOpen).toBe(0);
    expect(modem.stats()).toMatchObject({ connections: 0, queueLength: 0, recoveries: 0 });
  };

  test('nobody listens: as with Node', async () => {
    const { modem, sim } = await openBench(simOptions);
    const { address: host, port } = await closedPort();
    const own = await failure(nodeNet, { host, port });
    expect(own).toMatchObject({
      error: { code: 'ECONNREFUSED' },
      events: ['error ECONNREFUSED', 'close true'],
    });
    expect(await failure(modem.net, { host, port })).toEqual(own);
    await expectNothingLeft(sim, modem);
  });

  test('a name of several addresses, where nobody listens: as with Node', async () => {
    const { modem, sim } = await openBench({ ...simOptions, host: { 'two.test': ['127.0.0.1', '::1'] } });
    const { port } = await closedPort();
    const both = [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    const options = { host: 'two.test', port, autoSelectFamily: true };
    const lookup: TcpNetConnectOpts['lookup'] = (_name, _options, callback) =>
      process.nextTick(callback, null, both);
    const own = await failure(nodeNet, { ...options, lookup });
    expect(own.error).toMatchObject({ name: 'AggregateError', code: 'ECONNREFUSED' });
    expect(await failure(modem.net, { ...options, lookup })).toEqual(own);
    expect(await failure(modem.net, options)).toEqual(own);
    await expectNothingLeft(sim, modem);
  });

  test('the network has no such addresses: ENETUNREACH', async () => {
    const { modem, sim } = await openBench({ ...simOptions, pdp: 'ip' });
    expect(await failure(modem.net, { host: '::1', port: 7 })).toMatchObject({
      error: {
        message: 'connect ENETUNREACH ::1:7',
        code: 'ENETUNREACH',
        syscall: 'connect',
        address: '::1',
        port: 7,
      },
      events: ['error ENETUNREACH', 'close true'],
    });
    await expectNothingLeft(sim, modem);
  });

  test('no such name: ENOTFOUND', async () => {
    const { modem, sim } = await openBench(simOptions);
    expect(await failure(modem.net, { host: 'nobody.invalid', port: 7 })).toMatchObject({
      error: {
        name: 'Error',
        message: 'getaddrinfo ENOTFOUND nobody.invalid',
        code: 'ENOTFOUND',
        errno: -3008,
        syscall: 'getaddrinfo',
        hostname: 'nobody.invalid',
      },
      events: ['lookup', 'error ENOTFOUND', 'close true'],
    });
    await expectNothingLeft(sim, modem);
  });

  // That the modem gives up takes 30 s, too long for here.
  test('no answer: a program that waits only so long is told', async () => {
    const { modem, sim } = await openBench(simOptions, { reopen: 'off' });
    const socket = modem.net.connect({ host: '192.0.2.1', port: 7, timeout: 50 });
    const events = heard(socket);
    socket.on('timeout', () => socket.destroy());
    await closed(socket);
    expect(events).toEqual(['timeout', 'close false']);
    // It still dials and would not hear that it is to be closed.
    await sim.close();
  });
});
