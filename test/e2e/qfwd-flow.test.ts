/** Flow control, lost announcements and the record of capabilities of Quectel's socket forwarding, counted in commands. */
import { describe, expect, test } from 'vitest';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { openBench } from './modems.ts';
import { openEcho, openSocket, send } from './sockets.ts';
import { dial, expectBytes, openPair, openEcho as openTcpEcho, writeAll } from './streams.ts';

const MIB = 1 << 20;
const SEED = 7;

describe.each(['table', 'example', 'lenient', 'field'] as const)('%s', profile => {
  test('one QFWDACK for each buffer’s worth at most', async () => {
    // On a line of some speed, so that the network keeps up.
    const { modem } = await openBench({ commandSet: 'quectel-qfwd', profile, baud: 2_000_000 });
    const bytes = nastyBytes(300_000, SEED);
    const { ours, peer } = await openPair(modem.net);
    const before = modem.stats().commands['+QFWDACK'] ?? 0;
    await Promise.all([writeAll(ours, bytes), expectBytes(peer, bytes, `seed ${SEED}`)]);
    const { commands } = modem.stats();
    expect((commands['+QFWDACK'] ?? 0) - before).toBeLessThanOrEqual(Math.ceil(bytes.length / 10_240));
    expect(commands['+QFWDSEND']).toBeGreaterThanOrEqual(Math.ceil(bytes.length / 1_024));
  });

  test(`partial sends: nothing lost and nothing doubled over 1 MiB, seed ${SEED}`, async () => {
    const { modem } = await openBench({
      commandSet: 'quectel-qfwd',
      profile,
      faults: ['partial-sends'],
      seed: SEED,
    });
    const bytes = nastyBytes(MIB, SEED);
    const { ours, peer } = await openPair(modem.net);
    await Promise.all([writeAll(ours, bytes), expectBytes(peer, bytes, `seed ${SEED}`)]);
  });
});

test.each([
  ['a small buffer', { sendMax: 1_100, recvMax: 1_100 }],
  ['a buffer that is refused when full', { sendMax: 2_000, faults: ['send-full-error'] }],
  [
    'one whose id and errors have other words',
    { sendMax: 3_000, faults: ['send-full-error', 'unknown-id-cme-50'] },
  ],
])('%s: 200 kB there and back', async (_what, options) => {
  const { modem } = await openBench({ commandSet: 'quectel-qfwd', ...options });
  const bytes = nastyBytes(200_000, SEED);
  const socket = await dial(modem.net, await openTcpEcho());
  await Promise.all([writeAll(socket, bytes), expectBytes(socket, bytes, `seed ${SEED}`)]);
});

test.each(['lost-read-urc', 'read-urc-none'])('%s: data come with a look of the safety poll', async fault => {
  const { modem } = await openBench({ commandSet: 'quectel-qfwd', faults: [fault], seed: SEED });
  const echo = await openEcho();
  const { socket, inbox } = openSocket(modem.dgram);
  for (let round = 0; round < 6; round++) await send(socket, `${round}`, echo);
  const heard = await inbox.take(6);
  expect(heard.map(({ data }) => data.toString())).toEqual(['0', '1', '2', '3', '4', '5']);
});

test('the record of capabilities spares the search', async () => {
  const simOptions = { commandSet: 'quectel-qfwd', profile: 'example' } as const;
  const qfwd = (commands: Readonly<Record<string, number>>): number =>
    Object.entries(commands).reduce((sum, [name, count]) => sum + (name.startsWith('+QFWD') ? count : 0), 0);
  const first = await openBench(simOptions);
  expect(qfwd(first.modem.stats().commands)).toBeGreaterThan(10);
  const capabilities = JSON.parse(JSON.stringify(first.modem.capabilities));
  const again = await openBench(simOptions, { capabilities });
  expect(qfwd(again.modem.stats().commands)).toBe(4);
  const echo = await openEcho();
  const { socket, inbox } = openSocket(again.modem.dgram);
  await send(socket, 'hello', echo);
  expect((await inbox.takeOne()).data.toString()).toBe('hello');
});
