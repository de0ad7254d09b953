/** All connections in use, a thousand used up, and six at work at once: refused clearly, nothing left, equal shares. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { runs, timeLimit } from '../fuzz/runs.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { expectNoMore, held } from './held.ts';
import { countOf, MODEMS, openBench } from './modems.ts';
import { bind, openSocket } from './sockets.ts';
import {
  closed,
  dial,
  expectBytes,
  type Net,
  openEcho,
  openPair,
  openPeers,
  openServer,
  until,
  writeAll,
} from './streams.ts';

const SEED = 77;
/** At work at once. */
const FLOWS = 6;

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** Says something of its own and hears it. */
async function expectEcho(socket: Socket, text: string): Promise<void> {
  const echo = expectBytes(socket, Buffer.from(text), text);
  await writeAll(socket, Buffer.from(text));
  await echo;
}

describe.each(MODEMS)('one connection too many, $name', ({ simOptions, limits: { connections } }) => {
  /** The error names them all. */
  const everyone = new RegExp(
    `\\b${connections} (connections|sockets)\\b.*?( (TCP|UDP) [^,]+,?){${connections}}$`,
  );

  async function expectRefused(net: Net, port: number): Promise<void> {
    const socket = net.connect(port, '127.0.0.1');
    const [error] = await Promise.all([once(socket, 'error').then(([raised]) => raised), closed(socket)]);
    expect(error).toMatchObject({
      code: 'EMFILE',
      errno: -24,
      syscall: 'connect',
      address: '127.0.0.1',
      port,
      cause: { message: expect.stringMatching(everyone) },
    });
  }

  test('it is refused without asking the modem, the others live on', async () => {
    const { modem, sim } = await openBench(simOptions);
    const echo = await openEcho();
    const all = await times(connections, () => dial(modem.net, echo));
    const written = sim.bytes.fromHost;
    for (let attempt = 0; attempt < 3; attempt++) await expectRefused(modem.net, echo.port);
    expect(sim.bytes.fromHost).toBe(written);
    await Promise.all(all.map((socket, index) => expectEcho(socket, `number ${index}`)));
    expect(sim.connectionsOpen).toBe(connections);
  });

  test('UDP sockets count, and what is closed is free at once', async () => {
    const { modem } = await openBench(simOptions);
    const echo = await openEcho();
    await bind(openSocket(modem.dgram).socket);
    const [first, ...others] = await times(connections - 1, () => dial(modem.net, echo));
    await expectRefused(modem.net, echo.port);
    if (first) await closed(first.destroy());
    const late = await dial(modem.net, echo);
    await Promise.all([late, ...others].map((socket, index) => expectEcho(socket, `number ${index}`)));
  });
});

describe.each(MODEMS)('many connections opened and closed, $name', ({ simOptions, dialect, full }) => {
  /** 10,000: ATSOCK_FUZZ=10. */
  const count = runs(full ? 1_000 : 100);

  test('no id, descriptor or timer is left', { timeout: timeLimit(30_000) }, async () => {
    const { modem, sim } = await openBench(simOptions);
    const talks = await openServer(peer => peer.end('hello'));
    const listens = await openServer(peer => peer.resume().on('end', () => peer.end()));
    const connect = ({ port, address }: typeof talks): Socket => modem.net.connect(port, address);
    const ways: (() => Socket)[] = [
      () => connect(talks).resume(),
      () =>
        connect(listens).on('connect', function (this: Socket) {
          this.destroy();
        }),
      () =>
        connect(listens).on('connect', function (this: Socket) {
          this.write('x'.repeat(5_000), () => this.destroy());
        }),
      () => connect(listens).destroy(),
      () => {
        const socket = connect(listens);
        setImmediate(() => socket.destroy());
        return socket;
      },
    ];
    const round = async (index: number): Promise<void> => {
      const socket = ways[index % ways.length]?.();
      if (socket) await closed(socket);
    };
    for (let index = 0; index < 30; index++) await round(index);
    const before = held();
    for (let index = 0; index < count; index++) await round(index);
    expect(countOf(sim, dialect.dials)).toBeGreaterThanOrEqual((count * 3) / 5);
    await until('every connection to be given back', () => modem.stats().connections === 0);
    expect(sim.connectionsOpen).toBe(0);
    expect(modem.stats()).toMatchObject({ connections: 0, queueLength: 0, recoveries: 0 });
    expectNoMore(held(), before);
  });
});

/** 1 for equal shares, 1/n when one has all (Jain, Chiu and Hawe, 1984). */
function fairness(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}

test('the index tells equal shares from others', () => {
  expect(fairness([5, 5, 5])).toBe(1);
  expect(fairness([9, 0, 0])).toBeCloseTo(1 / 3);
  expect(fairness([10, 10, 10, 10, 10, 7])).toBeLessThan(0.99);
});

describe.each(MODEMS)('six at once, $name', ({ simOptions, full }) => {
  const BYTES = full ? 1 << 20 : 1 << 17;

  async function expectEqualShares(directions: readonly ('in' | 'out')[]): Promise<void> {
    const { modem } = await openBench(simOptions);
    const data = nastyBytes(BYTES, SEED);
    const pairs = await times(FLOWS, () => openPair(modem.net));
    const flows = directions.flatMap(direction =>
      pairs.map(({ ours, peer }) =>
        direction === 'in' ? { from: peer, to: ours } : { from: ours, to: peer },
      ),
    );
    const bytes = flows.map(() => 0);
    let shares: readonly number[] | undefined;
    const exact = flows.map(({ to }, index) => {
      to.on('data', chunk => {
        bytes[index] = (bytes[index] ?? 0) + chunk.length;
        if (bytes[index] === BYTES) shares ??= [...bytes];
      });
      return expectBytes(to, data, `flow ${index}`);
    });
    await Promise.all([...exact, ...flows.map(({ from }) => writeAll(from, data))]);
    expect(fairness(shares ?? []), `${shares}`).toBeGreaterThanOrEqual(0.99);
  }

  test('receiving: equal shares when the first is done', () => expectEqualShares(['in']));

  test('sending: equal shares when the first is done', () => expectEqualShares(['out']));

  test('both at once: equal shares of twelve flows', () => expectEqualShares(['in', 'out']));

  test('three that are not read keep nothing from the others', async () => {
    const { modem } = await openBench(simOptions);
    const data = nastyBytes(BYTES / 4, SEED);
    const { to, next } = await openPeers();
    const sockets = await times(FLOWS, async () => {
      const ours = (await dial(modem.net, to)).pause();
      (await next()).write(data);
      return ours;
    });
    for (const third of [sockets.slice(0, 3), sockets.slice(3)])
      await Promise.all(third.map((socket, index) => expectBytes(socket.resume(), data, `socket ${index}`)));
  });
});
