/** Every doubtful point of Quectel's socket forwarding, one by one, in two profiles: UDP and TCP both ways, with bytes that hurt. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type SimOptions, simFaultsOf } from '../../src/sim/index.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { type Bench, openBench } from './modems.ts';
import { bind, close, openEcho, openPeer, openSocket, send, type Type } from './sockets.ts';
import { closed, dial, expectBytes, openEcho as openTcpEcho, until, writeAll } from './streams.ts';

/** Where a round trip is too much to ask; tested below or elsewhere. */
const APART: Readonly<Record<string, string>> = {
  'random-restart': 'sockets do not live through a restart',
  'udp-server-id': 'the sender of a call is not told',
  'udp-glue': 'datagrams have no borders',
};

const SEED = 4;
const plain = Object.keys(simFaultsOf('quectel-qfwd')).filter(name => !(name in APART));

/** What the owner of such a modem has to say. */
const cidOf = (fault: string): { cid?: number } => (fault === 'internet-on-cid-3' ? { cid: 3 } : {});

async function expectUdp({ modem }: Bench, type: Type): Promise<void> {
  const echo = await openEcho(type);
  const { socket, inbox } = openSocket(modem.dgram, type);
  for (const [index, size] of [1, 90, 512].entries()) {
    const data = nastyBytes(size, SEED + index);
    await send(socket, data, echo);
    expect((await inbox.takeOne()).data.equals(data), `${size} bytes, seed ${SEED + index}`).toBe(true);
  }
  await close(socket);
}

async function expectUdpCall({ modem }: Bench): Promise<void> {
  const caller = await openPeer();
  const { socket, inbox } = openSocket(modem.dgram);
  await bind(socket);
  caller.socket.send('call', socket.address().port, caller.address);
  const { data, from } = await inbox.takeOne();
  expect(`${data} of ${from.port}`).toBe(`call of ${caller.port}`);
  await send(socket, 'answer', from);
  const answer = await caller.inbox.takeOne();
  expect(`${answer.data} of ${answer.from.port}`).toBe(`answer of ${socket.address().port}`);
  await close(socket);
}

async function expectTcp({ modem }: Bench, family: 4 | 6): Promise<void> {
  const bytes = nastyBytes(5_000, SEED);
  const socket = await dial(modem.net, await openTcpEcho(family));
  await Promise.all([writeAll(socket, bytes), expectBytes(socket, bytes, `seed ${SEED}`)]);
  const gone = closed(socket);
  socket.destroy();
  await gone;
}

async function expectTcpCall({ modem }: Bench): Promise<void> {
  const bytes = nastyBytes(5_000, SEED);
  const server = modem.net.createServer(socket => socket.pipe(socket)).listen(0, '0.0.0.0');
  await once(server, 'listening');
  const caller = connect((server.address() as { port: number }).port, '127.0.0.1');
  await Promise.all([writeAll(caller, bytes), expectBytes(caller, bytes, `seed ${SEED}`)]);
  caller.end();
  server.close();
  await once(server, 'close');
}

async function expectAll(bench: Bench): Promise<void> {
  for (const type of ['udp4', 'udp6'] as const) await expectUdp(bench, type);
  await expectUdpCall(bench);
  for (const family of [4, 6] as const) await expectTcp(bench, family);
  await expectTcpCall(bench);
  await until('all sockets of the module to be closed', () => bench.sim.connectionsOpen === 0);
  expect(bench.modem.stats().recoveries).toBe(0);
}

const sim = (profile: 'table' | 'example' | 'lenient' | 'field', ...faults: string[]): SimOptions => ({
  commandSet: 'quectel-qfwd',
  profile,
  faults,
});

describe.each(['table', 'example', 'lenient', 'field'] as const)('%s', profile => {
  test.each(['binary', 'hex', 'auto'] as const)('encoding %s', async encoding => {
    await expectAll(await openBench(sim(profile), { encoding }));
  });
});

/** Data are found by the safety poll, seconds later: one profile will do. */
const SLOW = ['lost-read-urc', 'read-urc-none'];

describe.each([
  ['table', plain],
  ['example', plain.filter(name => !SLOW.includes(name))],
] as const)('%s', (profile, faults) => {
  test.each(faults)(
    '%s',
    async fault => {
      await expectAll(await openBench(sim(profile, fault), cidOf(fault)));
    },
    60_000,
  );
});

test.each([
  ['port-uart1', 'uart1'],
  ['port-usbmodem', 'usbmodem'],
  ['qfwdsever', 'usbat'],
])('%s: the port whose URCs come is found (%s) and kept in the record', async (fault, urcPort) => {
  const { modem, sim: module } = await openBench(sim('field', fault));
  expect(modem.capabilities).toMatchObject({ urcPort });
  expect(module.connectionsOpen).toBe(0);
});

test('udp-server-id: data without a sender come from nobody', async () => {
  const { modem } = await openBench(sim('field', 'udp-server-id'));
  const caller = await openPeer();
  const { socket, inbox } = openSocket(modem.dgram);
  await bind(socket);
  caller.socket.send('call', socket.address().port, caller.address);
  expect(await inbox.takeOne()).toMatchObject({
    data: Buffer.from('call'),
    from: { address: '0.0.0.0', port: 0 },
  });
});
