/** TCP writes over Quectel's socket forwarding: of every length, in every form of payload, cut and never out of order. */
import { describe, expect, test } from 'vitest';
import type { OpenOptions } from '../../src/index.ts';
import type { SimModem } from '../../src/sim/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { openBench } from './modems.ts';
import { expectBytes, openPair, writeAll } from './streams.ts';

const SEED = 1_010;
const LARGEST = 1_024;
/** Of a hex payload, as long as it is not known what its limit counts (quectel-qfwd.md 3.5). */
const SAFE_HEX = 512;

interface Form {
  readonly form: string;
  readonly faults: readonly string[];
  readonly options: OpenOptions;
}

const FORMS: readonly Form[] = [
  { form: 'binary', faults: [], options: { encoding: 'binary' } },
  { form: 'printable', faults: ['fixed-not-transparent', 'hex-limit-chars'], options: {} },
  { form: 'hex', faults: ['hex-limit-chars'], options: { encoding: 'hex' } },
];
const KINDS = FORMS.flatMap(form => ([4, 6] as const).map(family => ({ ...form, family })));

/** As the simulator has heard them. undefined: of variable length, in hex. */
const sizesSent = ({ received }: SimModem): (number | undefined)[] =>
  received.flatMap(line => {
    const sent = /^AT\+QFWDSEND=\d+,(?:0,(\d+)|1)$/.exec(line);
    return sent ? [sent[1] === undefined ? undefined : Number(sent[1])] : [];
  });

describe.each(KINDS)(`$form, IPv$family, seed ${SEED}`, ({ form, faults, options, family }) => {
  const open = () => openBench({ commandSet: 'quectel-qfwd', faults }, options);

  test('1 to 1024 bytes, one after the other, there and back', async () => {
    const { modem, sim } = await open();
    const { ours, peer } = await openPair(modem.net, family);
    peer.pipe(peer);
    // Holds every byte value, each in many places.
    const all = nastyBytes((LARGEST * (LARGEST + 1)) / 2, SEED);
    expect(new Set(all).size).toBe(256);
    const back = expectBytes(ours, all, 'what comes back');
    const before = sizesSent(sim).length;
    for (let size = 1, at = 0; size <= LARGEST; at += size++)
      await writeAll(ours, all.subarray(at, at + size));
    await back;
    expect(ours.bytesWritten).toBe(all.length);
    const sizes = sizesSent(sim).slice(before);
    if (form === 'binary') expect(sizes).toEqual(Array.from({ length: LARGEST }, (_, index) => index + 1));
    if (form === 'hex') {
      expect(new Set(sizes)).toEqual(new Set([undefined]));
      expect(sizes).toHaveLength(LARGEST + (LARGEST - SAFE_HEX));
    }
  });

  test('up to 5,000 bytes at a time, many at once', async () => {
    const { modem, sim } = await open();
    const { ours, peer } = await openPair(modem.net, family);
    const all = nastyBytes(300_000, SEED);
    const random = createRandom(SEED);
    const there = expectBytes(peer, all, 'what arrives');
    for (let at = 0, size = 0; at < all.length; at += size) {
      size = 1 + random(5_000);
      ours.write(all.subarray(at, at + size));
    }
    await there;
    for (const size of sizesSent(sim)) expect(size ?? 1).toBeLessThanOrEqual(LARGEST);
  });
});
