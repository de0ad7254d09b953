/** Many datagrams, many peers, many sockets: nothing is lost, doubled, merged, reordered or left behind. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { GENERATIONS, openBench, openUrl, startTcp } from './modems.ts';
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

const COUNT = 10_000;
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
async function exchange(modem: Modem): Promise<void> {
  const peer = await openPeer();
  const { socket, inbox } = openSocket(modem.dgram);
  await send(socket, 'hello', peer);
  const { from: ours } = await peer.inbox.takeOne();
  await Promise.all([
    stream({
      count: COUNT + 1,
      window: WINDOW,
      send: index => send(socket, numbered(index), peer),
      arrive: index => expectNumbered(peer.inbox, index, ours),
    }),
    stream({
      count: COUNT + 1,
      window: WINDOW,
      send: index => send(peer.socket, numbered(index), ours),
      arrive: index => expectNumbered(inbox, index, peer),
    }),
  ]);
  expect(modem.stats().payloadSent - 5).toBe(modem.stats().payloadReceived);
}

describe('10,000 numbered datagrams each way', () => {
  test.each(GENERATIONS)('generation %i', async generation => {
    const { modem } = await openBench({ generation });
    await exchange(modem);
  });

  test('over TCP to a simulator in another process', async () => {
    await exchange(await openUrl(await startTcp()));
  });
});

describe('one socket and 20 peers in turn', () => {
  test.each(GENERATIONS)('generation %i: every reply comes with its true sender', async generation => {
    const { modem, sim } = await openBench({ generation });
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

/** What Node holds for this process: timers, sockets, files … */
interface Held {
  readonly resources: Readonly<Record<string, number>>;
  readonly descriptors: number;
}

function held(): Held {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { resources, descriptors: readdirSync('/proc/self/fd').length };
}

describe('10,000 sockets opened and closed', () => {
  test.each(GENERATIONS)('generation %i: no id, descriptor or timer is left', async generation => {
    const { modem, sim } = await openBench({ generation });
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
    for (let index = 0; index < COUNT; index++) await round(index);
    expect(modem.stats().commands['+SQNSH']).toBeGreaterThanOrEqual(COUNT);
    expect(sim.connectionsOpen).toBe(0);
    expect(modem.stats()).toMatchObject({ connections: 0, queueLength: 0, recoveries: 0 });
    const after = held();
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    for (const [kind, count] of Object.entries(after.resources))
      expect(count, kind).toBeLessThanOrEqual(before.resources[kind] ?? 0);
  });
});
