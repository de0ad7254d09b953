/** What a datagram costs on the line once its socket is open: the least that the dialect allows. */
import { describe, expect, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import type { SimModem } from '../../src/sim/index.ts';
import { type Bench, GENERATIONS, openBench } from './modems.ts';
import { bind, connect, openPeer, openSocket, send } from './sockets.ts';

const SIZES = [1, 9, 10, 99, 100, 1_000, 1_500];
const ROUNDS = 10;
const DEADLINE_MS = 10_000;

/** `AT+SQNSSENDEXT=1,` and CR around the digits of the size, then the payload. */
const HOST_BYTES = 18;
/** The prompt, CR LF > blank, and CR LF OK CR LF. */
const MODEM_BYTES = 10;

/** What passed since; the simulator's own count. */
interface Passed {
  readonly commands: readonly string[];
  readonly fromHost: number;
  readonly toHost: number;
}

function watch(sim: SimModem): () => Passed {
  const [commands, fromHost, toHost] = [sim.received.length, sim.bytes.fromHost, sim.bytes.toHost];
  return () => ({
    commands: sim.received.slice(commands),
    fromHost: sim.bytes.fromHost - fromHost,
    toHost: sim.bytes.toHost - toHost,
  });
}

/** Behind everything that is in the queue of the modem now. */
async function settle(modem: Modem): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
  await modem.at.send('AT');
}

/** Not one of the questions of this test. */
const isDrivers = (line: string): boolean => line !== 'AT' && line !== 'AT+SQNSI';

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe.each(GENERATIONS)('out, generation %i', generation => {
  /** Runs `one` some times for each size and compares what passes. */
  async function expectLeast(
    { modem, sim }: Bench,
    id: number,
    one: (data: Buffer) => Promise<void>,
  ): Promise<void> {
    for (const size of SIZES) {
      await settle(modem);
      const passed = watch(sim);
      for (let round = 0; round < ROUNDS; round++) await one(Buffer.alloc(size, 'x'));
      const digits = String(size).length;
      expect(passed(), `${size} bytes`).toEqual({
        commands: repeat(ROUNDS, `AT+SQNSSENDEXT=${id},${size}`),
        fromHost: ROUNDS * (HOST_BYTES + digits + size),
        toHost: ROUNDS * MODEM_BYTES,
      });
    }
  }

  test('to one peer: one command and 28 + digits + n bytes', async () => {
    const bench = await openBench({ generation });
    const peer = await openPeer();
    const { socket } = openSocket(bench.modem.dgram);
    await send(socket, 'first', peer);
    await expectLeast(bench, 1, data => send(socket, data, peer));
  });

  test('to one peer over IPv6', async () => {
    const bench = await openBench({ generation });
    const peer = await openPeer('udp6');
    const { socket } = openSocket(bench.modem.dgram, 'udp6');
    await send(socket, 'first', peer);
    await expectLeast(bench, 1, data => send(socket, data, peer));
  });

  test('connected: the same', async () => {
    const bench = await openBench({ generation });
    const peer = await openPeer();
    const { socket } = openSocket(bench.modem.dgram);
    await connect(socket, peer);
    await send(socket, 'first');
    await expectLeast(bench, 1, data => send(socket, data));
  });

  test('in answer to what came in between: the sends cost the same', async () => {
    const { modem, sim } = await openBench({ generation });
    const peer = await openPeer();
    const { socket, inbox } = openSocket(modem.dgram);
    await send(socket, 'first', peer);
    const passed = watch(sim);
    for (let round = 0; round < ROUNDS; round++) {
      const { from } = await peer.inbox.takeOne();
      peer.socket.send('answer', from.port, from.address);
      await inbox.takeOne();
      await send(socket, 'next', peer);
    }
    const { commands } = passed();
    expect(commands.filter(line => line.startsWith('AT+SQNSSENDEXT'))).toEqual(
      repeat(ROUNDS, 'AT+SQNSSENDEXT=1,4'),
    );
    expect(commands.filter(line => !/^AT\+SQNS(SENDEXT|RECV|I)=/.test(line))).toEqual([]);
  });

  test('from a bound socket: still one command each', async () => {
    const { modem, sim } = await openBench({ generation });
    const peer = await openPeer();
    const { socket } = openSocket(modem.dgram);
    await bind(socket);
    await send(socket, 'first', peer);
    await settle(modem);
    const passed = watch(sim);
    for (const size of SIZES) await send(socket, Buffer.alloc(size), peer);
    const { commands } = passed();
    expect(commands.map(line => line.slice(0, 15))).toEqual(repeat(SIZES.length, 'AT+SQNSSENDEXT='));
  });
});

describe.each(GENERATIONS)('in, generation %i', generation => {
  /** Datagrams that all wait in the modem before the driver can read the first. */
  async function burst({ modem }: Bench, size: number, say: (text: string) => void): Promise<void> {
    const texts = Array.from({ length: size }, (_, index) => `datagram ${index}`);
    const bytes = texts.join('').length;
    await modem.at.transaction(async at => {
      for (const text of texts) say(text);
      const giveUp = performance.now() + DEADLINE_MS;
      // Asks in the form that the driver does not use.
      while (!(await at.send('+SQNSI')).some(line => line.endsWith(`,${bytes},0`)))
        if (performance.now() > giveUp) throw new Error(`the modem never held ${bytes} bytes`);
    });
  }

  test.each([1, 2, 5, 20])('a burst of %i: one read for each datagram, one look for all', async size => {
    const bench = await openBench({ generation });
    const { modem, sim } = bench;
    const peer = await openPeer();
    const { socket, inbox } = openSocket(modem.dgram);
    await send(socket, 'first', peer);
    const { from } = await peer.inbox.takeOne();
    const passed = watch(sim);
    for (let round = 0; round < ROUNDS; round++) {
      await burst(bench, size, text => peer.socket.send(text, from.port, from.address));
      const heard = await inbox.take(size);
      expect(heard.map(({ data }) => String(data))).toEqual(
        Array.from({ length: size }, (_, index) => `datagram ${index}`),
      );
      await settle(modem);
    }
    const commands = passed().commands.filter(isDrivers);
    const reads = commands.filter(line => line.startsWith('AT+SQNSRECV='));
    const looks = commands.filter(line => line.startsWith('AT+SQNSI='));
    expect(reads).toHaveLength(ROUNDS * size);
    expect(looks.length).toBeLessThanOrEqual(ROUNDS);
    expect(reads.length + looks.length).toBe(commands.length);
  });

  test('firmware that rings only once for a burst: at most one look more', async () => {
    const bench = await openBench({ generation, faults: ['ring-when-empty'] });
    const { modem, sim } = bench;
    const peer = await openPeer();
    const { socket, inbox } = openSocket(modem.dgram);
    await send(socket, 'first', peer);
    const { from } = await peer.inbox.takeOne();
    const passed = watch(sim);
    for (let round = 0; round < ROUNDS; round++) {
      await burst(bench, 5, text => peer.socket.send(text, from.port, from.address));
      await inbox.take(5);
      await settle(modem);
    }
    const commands = passed().commands.filter(isDrivers);
    expect(commands.filter(line => line.startsWith('AT+SQNSRECV='))).toHaveLength(ROUNDS * 5);
    expect(commands.filter(line => line.startsWith('AT+SQNSI=')).length).toBeLessThanOrEqual(2 * ROUNDS);
  });
});
