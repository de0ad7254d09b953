/** Much data both ways at once, of bytes that look like modem talk: nothing is lost, doubled or changed. */
import { describe, expect, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { simFaults } from '../../src/sim/index.ts';
import { sliced } from '../../src/transport/sliced.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { GENERATIONS, openBench, openUrl, startPty, startTcp } from './modems.ts';
import { expectBytes, openPair, writeAll } from './streams.ts';

const SEED = 31_337;
const MIB = 1 << 20;

/** All that add lines between, before and behind others, or change their form. */
const URC_SWITCHES = Object.keys(simFaults).filter(name => name.startsWith('urc-'));

async function expectExchange(modem: Modem, bytes: number): Promise<void> {
  const [out, back] = [nastyBytes(bytes, SEED), nastyBytes(bytes, SEED + 1)];
  const { ours, peer } = await openPair(modem.net);
  await Promise.all([
    expectBytes(peer, out, 'out'),
    expectBytes(ours, back, 'in'),
    writeAll(ours, out),
    writeAll(peer, back),
  ]);
  expect([ours.bytesWritten, ours.bytesRead]).toEqual([bytes, bytes]);
  expect(modem.stats()).toMatchObject({ payloadSent: bytes, payloadReceived: bytes, recoveries: 0 });
}

describe(`10 MiB each way at once, seed ${SEED}`, () => {
  test.each(GENERATIONS)('in this process, generation %i', async generation => {
    const { modem } = await openBench({ generation });
    await expectExchange(modem, 10 * MIB);
  });

  test('the line in random slices', async () => {
    const { modem } = await openBench({}, {}, sliced({ seed: SEED, mode: 'random' }));
    await expectExchange(modem, 10 * MIB);
  });

  test('over TCP to a simulator in another process', async () => {
    await expectExchange(await openUrl(await startTcp()), 10 * MIB);
  });

  test('over a pseudo-terminal to a simulator in another process', async ({ skip }) => {
    await expectExchange(await openUrl(await startPty(skip)), 10 * MIB);
  });
});

describe(`less each way at once, seed ${SEED}`, () => {
  test('512 KiB, the line byte by byte', async () => {
    const { modem } = await openBench({}, {}, sliced({ seed: SEED, mode: 'bytes' }));
    await expectExchange(modem, MIB / 2);
  });

  test.each(['random', 'bytes'] as const)('256 KiB among unsolicited lines, sliced (%s)', async mode => {
    const { modem } = await openBench({ faults: URC_SWITCHES }, {}, sliced({ seed: SEED, mode }));
    await expectExchange(modem, MIB / 4);
  });

  test('512 KiB in hex', async () => {
    const { modem } = await openBench({}, { encoding: 'hex' });
    await expectExchange(modem, MIB / 2);
  });
});
