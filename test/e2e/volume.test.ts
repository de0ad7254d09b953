/** Many datagrams, many peers, many sockets: nothing is lost, doubled, merged, reordered or left behind. */
import { describe, expect, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { expectNoMore, held } from './held.ts';
import { countOf, MODEMS, type ModemKind, openBench, openUrl, startTcp, TYPICAL } from './modems.ts';
import {
  bind,
  close,
  connect,
  type Inbox,
  openEcho,
  openPeer,
  openSocket,
  send,
  type To,
} from './sockets.ts';
import { stream } from './window.ts';

/** The whole number, or a tenth of it. */
const countFor = ({ full }: ModemKind): number => (full ? 10_000 : 1_000);
const WINDOW = 32;
const PEERS = 20;

/** The number, and a filling whose length tells of merged or cut datagrams. */
const numbered = (index: number): string => `${index}:${'x'.repeat((index * 31) % 97)}`;

async function expectNumbered(inbox: Inbox, index: number, sender: To): Promise<void> {
  const { data, from } = await inbox.takeOne();
  // A comparison before the expectation: 20,000 of these cost less than the assertions would.
  if (data.toString() === numbered(index) && from.port === sender.port && from.address === sender.address)
    return;
  expect({ text: data.toString(), port: from.port, address: from.address }).toEqual({
    text: numbered(index),
    port: sender.port,
    address: sender.address,
  });
}

/** Both ways at the same time, and a last word each way to show that nothing came twice. */
async function exchange(modem: Modem, count: number): Promise<void> {
  const peer = await openPeer();
  const { socket, inbox } = openSocket(modem.dgram);
  await send(socket, 'hello', peer);
  const { from: ours } = await peer.inbox.takeOne();
  await Promise.all([
    stream({
      count: count + 1,
      window: WINDOW,
      send: index => send(socket, numbered(index), peer),
      arrive: index => expectNumbered(peer.inbox, index, ours),
    }),
    stream({
      count: count + 1,
      window: WINDOW,
      send: index => send(peer.socket, numbered(index), ours),
      arrive: index => expectNumbered(inbox, index, peer),
    }),
  ]);
  expect(modem.stats().payloadSent - 5).toBe(modem.stats().payloadReceived);
}

describe('many numbered datagrams each way', () => {
  test.each(MODEMS)('$name', async kind => {
    const { modem } = await openBench(kind.simOptions);
    await exchange(modem, countFor(kind));
  });

  test.each(TYPICAL)('$name, over TCP to a simulator in another process', async kind => {
    await exchange(await openUrl(await startTcp(kind.simOptions)), countFor(kind));
  });
});

describe('one socket and 20 peers in turn', () => {
  test.each(MODEMS)('$name: every reply comes with its true sender', async ({ simOptions }) => {
    const { modem, sim } = await openBench(simOptions);
    const peers = await Promise.all(
      Array.from({ length: PEERS }, (_, at) =>
        openEcho('udp4', data => Buffer.concat([data, Buffer.from(` from ${at}`)])),
      ),
    );
    const { socket, inbox } = openSocket(modem.dgram);
    for (let round = 0; round < 10; round++) {
      for (const [at, peer] of peers.entries()) {
        await send(socket, `round ${round}`, peer);
        const { data, from } = await inbox.takeOne();
        expect(data.toString()).toBe(`round ${round} from ${at}`);
        expect(from).toMatchObject({ address: peer.address, port: peer.port, family: 'IPv4' });
      }
    }
    expect(sim.connectionsOpen).toBeLessThanOrEqual(modem.info().connections);
    await close(socket);
    expect(sim.connectionsOpen).toBe(0);
  });
});

describe('many sockets opened and closed', () => {
  test.each(MODEMS)('$name: no id, descriptor or timer is left', { timeout: 60_000 }, async kind => {
    const { simOptions, dialect } = kind;
    const count = countFor(kind);
    const { modem, sim } = await openBench(simOptions);
    const peer = await openPeer();
    const ways: ((socket: ReturnType<typeof openSocket>['socket']) => Promise<void>)[] = [
      socket => bind(socket),
      socket => connect(socket, peer),
      socket => send(socket, 'x', peer),
    ];
    const round = async (index: number): Promise<void> => {
      const socket = modem.dgram.createSocket('udp4');
      await ways[index % ways.length]?.(socket);
      await close(socket);
    };
    for (let index = 0; index < 30; index++) await round(index);
    const before = held();
    for (let index = 0; index < count; index++) await round(index);
    expect(countOf(sim, dialect.closes)).toBeGreaterThanOrEqual(count);
    expect(sim.connectionsOpen).toBe(0);
    expect(modem.stats()).toMatchObject({ connections: 0, queueLength: 0, recoveries: 0 });
    expectNoMore(held(), before);
  });
});
