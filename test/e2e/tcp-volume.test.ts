/** Much data both ways at once, of bytes that look like modem talk: nothing is lost, doubled or changed. */
import { describe, expect, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { sliced } from '../../src/transport/sliced.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { SEQUANS } from './dialects.ts';
import { MODEMS, openBench, openUrl, startPty, startTcp, TYPICAL, urcSwitches } from './modems.ts';
import { expectBytes, openPair, writeAll } from './streams.ts';

const SEED = 31_337;
const MIB = 1 << 20;

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

describe.each(MODEMS)(`many bytes each way at once, $name, seed ${SEED}`, ({ simOptions, full }) => {
  test('in this process', async () => {
    const { modem } = await openBench(simOptions);
    await expectExchange(modem, full ? 10 * MIB : MIB);
  });
});

describe.each(TYPICAL)(`many bytes each way at once, $name, seed ${SEED}`, ({ simOptions, dialect }) => {
  const bytes = dialect === SEQUANS ? 10 * MIB : 2 * MIB;

  test('the line in random slices', async () => {
    const { modem } = await openBench(simOptions, {}, sliced({ seed: SEED, mode: 'random' }));
    await expectExchange(modem, bytes);
  });

  test('over TCP to a simulator in another process', async () => {
    await expectExchange(await openUrl(await startTcp(simOptions)), bytes);
  });

  test('over a pseudo-terminal to a simulator in another process', async ({ skip }) => {
    await expectExchange(await openUrl(await startPty(skip, simOptions)), bytes);
  });

  test('512 KiB, the line byte by byte', async () => {
    const { modem } = await openBench(simOptions, {}, sliced({ seed: SEED, mode: 'bytes' }));
    await expectExchange(modem, MIB / 2);
  });

  test.each(['random', 'bytes'] as const)('256 KiB among unsolicited lines, sliced (%s)', async mode => {
    const { modem } = await openBench(
      { ...simOptions, faults: urcSwitches(simOptions) },
      {},
      sliced({ seed: SEED, mode }),
    );
    await expectExchange(modem, MIB / 4);
  });

  test('512 KiB in hex', async () => {
    const { modem } = await openBench(simOptions, { encoding: 'hex' });
    await expectExchange(modem, MIB / 2);
  });
});
