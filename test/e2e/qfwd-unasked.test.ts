/** What a Quectel module says unasked goes wrong: it is lost, it comes early, or it gives away an id that was to be used next. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SimModem, SimOptions } from '../../src/sim/index.ts';
import { qfwdProfiles } from '../support/qfwd-profiles.ts';
import { QFWD } from './dialects.ts';
import { type Bench, openBench } from './modems.ts';
import { openPeer, openSocket, send } from './sockets.ts';
import { closed, dial, expectBytes, openEcho, openPair, openServer, until, writeAll } from './streams.ts';

/** Of the module: with it some of the first announcements are lost. */
const SEED = 3;

const module = (options: SimOptions): SimOptions => ({ ...options, commandSet: 'quectel-qfwd', seed: SEED });

describe(`a lost "client/read", seed ${SEED}`, () => {
  const open = () => openBench(module({ faults: ['lost-read-urc'] }));

  /** Speaks to the modem again and again until that was not announced: then the next look finds it. */
  async function expectFound({ modem, sim }: Bench, speak: () => Promise<unknown>): Promise<void> {
    let rings = 0;
    modem.at.on('urc', urc => {
      if (QFWD.isRing(urc)) rings++;
    });
    for (let round = 0; round < 40; round++) {
      // Behind the read that follows the last one: it would find the next data too.
      await new Promise(resolve => setImmediate(resolve));
      await modem.at.send('AT');
      const [heard, rung] = [sim.received.length, rings];
      await speak();
      if (rings > rung) continue;
      expect(sim.received.slice(heard, heard + 2)).toEqual([
        expect.stringMatching(/^AT\+QFWDACK=\d+$/),
        expect.stringMatching(/^AT\+QFWDRECV=\d+,1024$/),
      ]);
      return;
    }
    throw new Error('none was lost');
  }

  test('UDP: the datagram comes with the next look of the safety poll', async () => {
    const bench = await open();
    const peer = await openPeer();
    const { socket, inbox } = openSocket(bench.modem.dgram);
    await send(socket, 'hello', peer);
    const { from } = await peer.inbox.takeOne();
    await expectFound(bench, async () => {
      peer.socket.send('datagram', from.port, from.address);
      expect(String((await inbox.takeOne()).data)).toBe('datagram');
    });
  });

  test('TCP: so do the bytes', async () => {
    const bench = await open();
    const { ours, peer } = await openPair(bench.modem.net);
    await expectFound(bench, async () => {
      peer.write('bytes');
      expect(String((await once(ours, 'data'))[0])).toBe('bytes');
    });
  });
});

describe.each(qfwdProfiles)('"client/open" and what follows before the OK, %s', profile => {
  const open = () => openBench(module({ profile, faults: ['urc-before-ok'] }));

  test('peers that speak and go at once are heard to the end', async () => {
    const { modem } = await open();
    const to = await openServer(peer => peer.end('all that there is'));
    for (let round = 0; round < 20; round++) {
      const socket = await dial(modem.net, to);
      const gone = closed(socket);
      await expectBytes(socket, Buffer.from('all that there is'), `round ${round}`);
      await gone;
    }
    expect(modem.stats()).toMatchObject({ connections: 0, recoveries: 0 });
  });

  test('a server hears its callers', async () => {
    const { modem } = await open();
    const server = await listen(modem.net.createServer(socket => socket.pipe(socket)));
    await Promise.all(Array.from({ length: 5 }, (_, index) => expectServed(server, `caller ${index}`)));
  });
});

describe('the module gives a caller the id that a dial was to have', () => {
  const ROUNDS = 3;

  /** `meet` lets the caller come while the dial is under way. */
  async function expectBothServed(
    latency: number,
    meet: (bench: Bench, startDial: () => void, call: () => Promise<void>) => Promise<void>,
  ): Promise<{ given: number[]; wanted: number[] }> {
    const bench = await openBench(module({ faults: ['id-collision'], latency }));
    const { modem, sim } = bench;
    const given: number[] = [];
    modem.at.on('urc', ({ params: [what, , id] }) => {
      if (what === 'client/incoming') given.push(Number(id));
    });
    const server = await listen(modem.net.createServer(socket => socket.pipe(socket)));
    const echo = await openEcho();
    for (let round = 0; round < ROUNDS; round++) {
      let dialling: Promise<Socket> | undefined;
      let called: Promise<void> | undefined;
      const startDial = (): void => {
        dialling = dial(modem.net, echo);
      };
      await meet(bench, startDial, async () => {
        called = expectServed(server, `caller ${round}`);
        await until('the caller', () => given.length > round);
      });
      await called;
      const socket = await dialling;
      if (!socket) throw new Error('nothing was dialled');
      const text = Buffer.from(`dialled in round ${round}`);
      await Promise.all([expectBytes(socket, text, 'the echo'), writeAll(socket, text)]);
      const gone = closed(socket);
      socket.destroy();
      await gone;
    }
    await until('the last caller to be closed', () => modem.stats().connections === 1);
    expect(modem.stats().recoveries).toBe(0);
    return { given, wanted: dialledIds(sim) };
  }

  test('before the dial is written: it has another id', async () => {
    const { given, wanted } = await expectBothServed(0, ({ modem }, startDial, call) =>
      modem.at.transaction(async () => {
        startDial();
        await call();
      }),
    );
    expect(given).toHaveLength(ROUNDS);
    expect(wanted.filter(id => given.includes(id))).toEqual([]);
  });

  test('when the dial is written already: it is refused, and written again with another id', async () => {
    const { given, wanted } = await expectBothServed(100, async ({ sim }, startDial, call) => {
      const before = dialledIds(sim).length;
      startDial();
      await until('the dial to be written', () => dialledIds(sim).length > before);
      await call();
    });
    expect(given).toHaveLength(ROUNDS);
    expect(wanted.filter(id => given.includes(id))).toEqual(given);
  });
});

/** Ids that the driver wanted for its TCP connections. */
const dialledIds = ({ received }: SimModem): number[] =>
  received.filter(line => QFWD.dials.test(line)).map(line => Number(line.split(',')[1]));

/** On the modem; its callers have gone when it is closed. */
async function listen(server: Server): Promise<Server> {
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

/** From outside, and gone again. */
async function expectServed(server: Server, text: string): Promise<void> {
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void caller.destroy());
  const data = Buffer.from(text);
  await Promise.all([expectBytes(caller, data, text), writeAll(caller, data)]);
  const gone = closed(caller);
  caller.end();
  await gone;
}
