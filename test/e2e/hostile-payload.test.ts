/** Payloads made of what a modem says, on a line cut anywhere and with unsolicited lines at every legal place. */
import { describe, expect, test } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { type SlicedOptions, sliced } from '../../src/transport/sliced.ts';
import { createRandom } from '../../src/util/random.ts';
import type { Dialect } from './dialects.ts';
import { type Bench, MODEMS, type ModemKind, openBench, urcSwitches } from './modems.ts';
import { openPeer, openSocket, send } from './sockets.ts';
import { stream } from './window.ts';

const SEED = 20_250;
const PAYLOADS = 60;
/** For each of the switches. */
const FEW = 15;
const WINDOW = 8;

/** Of every modem; those of its dialect come to these. */
const COMMON_WORDS = [
  '\r\nOK\r\n',
  '\r\nERROR\r\n',
  'ERROR',
  '\r\n+CME ERROR: 4\r\n',
  '\r\nNO CARRIER\r\n',
  '\r\n> ',
  '> ',
  '\r\n+CEREG: 0\r\n',
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
];

const wordsOf = ({ words }: Dialect): Buffer[] =>
  [...COMMON_WORDS, ...words].map(word => Buffer.from(word, 'latin1'));

/** 1 byte to the largest datagram, cut inside a word as likely as behind one. */
function hostilePayloads({ dialect, limits }: ModemKind, seed: number, count: number): Buffer[] {
  const random = createRandom(seed);
  const vocabulary = wordsOf(dialect);
  return Array.from({ length: count }, () => {
    const size = 1 + random(limits.datagramBytes);
    const words: Buffer[] = [];
    for (let bytes = 0; bytes < size; bytes += words.at(-1)?.length ?? 0)
      words.push(vocabulary[random(vocabulary.length)] ?? Buffer.alloc(1));
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

type Slices = readonly [string, SlicedOptions['mode'] | undefined];

const RANDOM_SLICES: Slices = ['in random slices', 'random'];
const ALL_SLICES: readonly Slices[] = [['whole', undefined], ['byte by byte', 'bytes'], RANDOM_SLICES];

const openSliced = (
  sim: SimOptions,
  mode: SlicedOptions['mode'] | undefined,
  encoding: 'binary' | 'hex' = 'binary',
): Promise<Bench> => openBench(sim, { encoding }, mode && sliced({ seed: SEED, mode }));

describe.each(MODEMS)(`$name, seed ${SEED}`, kind => {
  const { simOptions, dialect, full } = kind;
  const few = hostilePayloads(kind, SEED, FEW);

  describe.each(full ? ALL_SLICES : [RANDOM_SLICES])('line %s', (_, mode) => {
    test.each(['binary', 'hex'] as const)('%s', async encoding => {
      const bench = await openSliced(simOptions, mode, encoding);
      await expectExact(bench, hostilePayloads(kind, SEED + 1, PAYLOADS));
    });

    test.each(urcSwitches(simOptions))('%s', async fault => {
      const bench = await openSliced({ ...simOptions, faults: [fault] }, mode);
      let urcs = 0;
      bench.modem.at.on('urc', () => urcs++);
      await expectExact(bench, few);
      const [least, most] = dialect.urcs(FEW);
      if (dialect.addsLines.test(fault)) expect(urcs).toBeGreaterThan(most);
      else expect(urcs >= least && urcs <= most, `${urcs} lines`).toBe(true);
    });

    test('all of urc-* at once', async () => {
      const bench = await openSliced({ ...simOptions, faults: urcSwitches(simOptions) }, mode);
      await expectExact(bench, few);
    });
  });

  test('each word alone, whole and without its first or last byte', async () => {
    const words = wordsOf(dialect).flatMap(word => [word, word.subarray(1), word.subarray(0, -1)]);
    await expectExact(
      await openBench(simOptions),
      words.filter(({ length }) => length > 0),
    );
  });
});
