/** Every doubtful point and known defect of Sequans firmware, one by one: what a program with a UDP socket sees of it. */
import { describe, expect, test } from 'vitest';
import type { OpenOptions } from '../../src/index.ts';
import { simFaultsOf } from '../../src/sim/index.ts';
import { type Bench, GENERATIONS, openBench } from './modems.ts';
import { bind, close, openEcho, openPeer, openSocket, send, type Type } from './sockets.ts';

/** What the owner of such a modem has to say. */
const OPTIONS: Readonly<Record<string, OpenOptions>> = { 'internet-on-cid-3': { cid: 3 } };

/** Where a round trip is too much to ask; tested below or elsewhere. */
const APART: Readonly<Record<string, string>> = {
  'random-restart': 'connections do not live through a restart of the modem; their sockets hear an error',
  'first-dial-fails': 'the program hears that the modem had no connection for its first datagram',
  'lost-ring': 'a datagram whose ring is lost waits until the next one comes',
  'recv-without-address': 'what came without its sender is dropped and not guessed',
};

const plain = Object.keys(simFaultsOf('sequans')).filter(name => !(name in APART));

test('what stands apart is known to the simulator', () => {
  expect(Object.keys(simFaultsOf('sequans'))).toEqual(
    expect.arrayContaining(Object.keys({ ...APART, ...OPTIONS })),
  );
});

/** Three datagrams there and back, and the socket is closed. */
async function expectEcho({ modem }: Bench, type: Type): Promise<void> {
  const echo = await openEcho(type, data => Buffer.from(`${data} answered`));
  const { socket, inbox } = openSocket(modem.dgram, type);
  for (const text of ['one', 'two', 'three']) {
    await send(socket, text, echo);
    const { data, from } = await inbox.takeOne();
    expect(data.toString()).toBe(`${text} answered`);
    expect(from).toMatchObject({ address: echo.address, port: echo.port });
  }
  await close(socket);
}

async function expectCallAnswered({ modem }: Bench): Promise<void> {
  const caller = await openPeer();
  const { socket, inbox } = openSocket(modem.dgram);
  await bind(socket);
  caller.socket.send('call', socket.address().port, '127.0.0.1');
  const { data, from } = await inbox.takeOne();
  expect(data.toString()).toBe('call');
  expect(from).toMatchObject({ address: caller.address, port: caller.port });
  await send(socket, 'answer', from);
  expect((await caller.inbox.takeOne()).data.toString()).toBe('answer');
  await close(socket);
}

async function expectAll(bench: Bench): Promise<void> {
  await expectEcho(bench, 'udp4');
  await expectEcho(bench, 'udp6');
  await expectCallAnswered(bench);
  expect(await bench.modem.dns.promises.lookup('localhost')).toEqual({ address: '127.0.0.1', family: 4 });
  expect(bench.sim.connectionsOpen).toBe(0);
  expect(bench.modem.stats().recoveries).toBe(0);
}

describe.each(GENERATIONS)('generation %i', generation => {
  describe.each(['binary', 'hex'] as const)('%s', encoding => {
    test.each(plain)('%s', async fault => {
      await expectAll(await openBench({ generation, faults: [fault] }, { encoding, ...OPTIONS[fault] }));
    });
  });

  test('first-dial-fails: one datagram is refused, then all is well', async () => {
    const bench = await openBench({ generation, faults: ['first-dial-fails'] });
    const { address, port } = await openEcho();
    const { socket } = openSocket(bench.modem.dgram);
    await expect(send(socket, 'lost', { address, port })).rejects.toMatchObject({
      code: 'ENETUNREACH',
      syscall: 'send',
      address,
      port,
    });
    await expectAll(bench);
  });

  test('lost-ring: what waits comes with the next ring, in order', async () => {
    const { modem } = await openBench({ generation, faults: ['lost-ring'], seed: 1 });
    const echo = await openEcho();
    const { socket, inbox } = openSocket(modem.dgram);
    // Behind the twenty that are looked for: with this seed at least one of them rings.
    for (let index = 0; index < 40; index++) await send(socket, `${index}`, echo);
    const heard = await inbox.take(20);
    expect(heard.map(({ data }) => data.toString())).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index}`),
    );
  });

  test('recv-without-address: nothing with a guessed sender, and the next socket works', async () => {
    const bench = await openBench({ generation, faults: ['recv-without-address'] });
    const echo = await openEcho();
    const { socket, inbox } = openSocket(bench.modem.dgram);
    await send(socket, 'who is it', echo);
    // Only newer firmware has connections for any remote, where the sender is not clear.
    const expected = expect(inbox.takeOne());
    if (generation === 1) await expected.resolves.toMatchObject({ from: { port: echo.port } });
    else await expected.rejects.toMatchObject({ code: 'EIO', syscall: 'recvmsg' });
    await close(socket);
    await expectAll(bench);
  });
});
