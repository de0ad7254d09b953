/** Payloads made of what a modem says, on a line cut anywhere and with unsolicited lines at every legal place. */
import { describe, expect, test } from 'vitest';
import { type SimOptions, simFaults } from '../../src/sim/index.ts';
import { type SlicedOptions, sliced } from '../../src/transport/sliced.ts';
import { createRandom } from '../../src/util/random.ts';
import { type Bench, GENERATIONS, openBench } from './modems.ts';
import { openPeer, openSocket, send } from './sockets.ts';
import { stream } from './window.ts';

const SEED = 20_250;
const LARGEST = 1_500;
const PAYLOADS = 60;
/** For each of the switches. */
const FEW = 15;
const WINDOW = 8;

const WORDS = [
  '\r\nOK\r\n',
  '\r\nERROR\r\n',
  'ERROR',
  '\r\n+CME ERROR: 4\r\n',
  '\r\nNO CARRIER\r\n',
  '\r\n> ',
  '> ',
  '\r\n+SQNSRING: 1\r\n',
  '+SQNSRING: 1',
  '\r\n+SQNSRING: 1,5\r\n',
  '\r\n+SQNSRING: 1,5,hello\r\n',
  '\r\n+SQNSRECV: 1,7\r\n',
  '\r\n+SQNSH: 1\r\n',
  '\r\n+SYSSTART\r\n',
  '\r\n+CEREG: 0\r\n',
  'AT+SQNSH=1\r',
  '+++',
  'A/',
  '\x1a',
  '\x1b',
  '\0',
  '\x08',
  '\x11',
  '\x13',
  '\r',
  '\n',
  '\xff',
  '"',
  ',',
].map(word => Buffer.from(word, 'latin1'));

/** 1 to 1500 bytes, cut inside a word as likely as behind one. */
function hostilePayloads(seed: number, count: number): Buffer[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const size = 1 + random(LARGEST);
    const words: Buffer[] = [];
    for (let bytes = 0; bytes < size; bytes += words.at(-1)?.length ?? 0)
      words.push(WORDS[random(WORDS.length)] ?? Buffer.alloc(1));
    return Buffer.concat(words).subarray(0, size);
  });
}

/** There and back through one socket, several under way, so that rings and reads meet sends. */
async function expectExact({ modem }: Bench, payloads: readonly Buffer[]): Promise<void> {
  const peer = await openPeer();
  const { socket, inbox } = openSocket(modem.dgram);
  await stream({
    count: payloads.length,
    window: WINDOW,
    send: index => send(socket, payloads[index] ?? '', peer),
    arrive: async index => {
      const { data, from } = await peer.inbox.takeOne();
      expect(data, `payload ${index} out`).toEqual(payloads[index]);
      peer.socket.send(data, from.port, from.address);
      const back = await inbox.takeOne();
      expect(back.data, `payload ${index} in`).toEqual(data);
      expect(back.from.port).toBe(peer.port);
    },
  });
  expect(modem.stats().recoveries).toBe(0);
}

const SLICES: readonly (readonly [string, SlicedOptions['mode'] | undefined])[] = [
  ['whole', undefined],
  ['byte by byte', 'bytes'],
  ['in random slices', 'random'],
];

const openSliced = (
  sim: SimOptions,
  mode: SlicedOptions['mode'] | undefined,
  encoding: 'binary' | 'hex' = 'binary',
): Promise<Bench> => openBench(sim, { encoding }, mode && sliced({ seed: SEED, mode }));

const urcSwitches = Object.keys(simFaults).filter(name => name.startsWith('urc-'));
/** Not those that only change a line's form, nor the place before the echo: the driver switches that off. */
const ADDS_LINES = /^urc-(before-(?!echo)|after-|between-)/;

describe.each(GENERATIONS)(`generation %i, seed ${SEED}`, generation => {
  describe.each(SLICES)('line %s', (_, mode) => {
    test.each(['binary', 'hex'] as const)('%s', async encoding => {
      const bench = await openSliced({ generation }, mode, encoding);
      await expectExact(bench, hostilePayloads(SEED + generation, PAYLOADS));
    });

    test.each(urcSwitches)('%s', async fault => {
      const bench = await openSliced({ generation, faults: [fault] }, mode);
      let urcs = 0;
      bench.modem.at.on('urc', () => urcs++);
      await expectExact(bench, hostilePayloads(SEED + generation, FEW));
      // One ring for each datagram, and where the switch adds lines after start-up, more.
      if (ADDS_LINES.test(fault)) expect(urcs).toBeGreaterThan(FEW);
      else expect(urcs).toBe(FEW);
    });

    test('all of urc-* at once', async () => {
      const bench = await openSliced({ generation, faults: urcSwitches }, mode);
      await expectExact(bench, hostilePayloads(SEED + generation, FEW));
    });
  });

  test('each word alone, whole and without its first or last byte', async () => {
    const words = WORDS.flatMap(word => [word, word.subarray(1), word.subarray(0, -1)]);
    await expectExact(
      await openBench({ generation }),
      words.filter(({ length }) => length > 0),
    );
  });
});
