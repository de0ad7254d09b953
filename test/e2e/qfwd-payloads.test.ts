/** Every size and every byte value through Quectel's socket forwarding, in every form that a payload may take. */
import { describe, expect, test } from 'vitest';
import type { OpenOptions } from '../../src/index.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { type Bench, openBench } from './modems.ts';
import { openEcho, openSocket, send } from './sockets.ts';
import { dial, expectBytes, openEcho as openTcpEcho, writeAll } from './streams.ts';
import { stream } from './window.ts';

const SEED = 1_024;
const WINDOW = 8;

/** What the module does, what the program asks for, how payloads go then, and how large datagrams may be in it. */
const FORMS: readonly [form: string, faults: readonly string[], options: OpenOptions, hexBytes: number][] = [
  ['fixed length', [], {}, 1_024],
  ['hex by option', [], { encoding: 'hex' }, 1_024],
  ['hex by option, limited in characters', ['hex-limit-chars'], { encoding: 'hex' }, 512],
  ['fixed length that is not transparent', ['fixed-not-transparent'], {}, 1_024],
  ['the same, and hex limited in characters', ['fixed-not-transparent', 'hex-limit-chars'], {}, 512],
  ['payloads echoed', ['data-echo'], {}, 1_024],
];

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const open = (faults: readonly string[], options: OpenOptions): Promise<Bench> =>
  openBench({ commandSet: 'quectel-qfwd', faults }, options);

describe.each(FORMS)('%s', (_form, faults, options, hexBytes) => {
  test.each(['udp4', 'udp6'] as const)(
    '%s: every size, and every byte value in every place of a datagram',
    async type => {
      const { modem } = await open(faults, options);
      const echo = await openEcho(type);
      const { socket, inbox } = openSocket(modem.dgram, type);
      const sizes = Array.from({ length: hexBytes }, (_, index) => index + 1);
      const payloads = sizes.map(size =>
        Buffer.concat([everyByte.subarray(size % 256), everyByte, everyByte, everyByte, everyByte]).subarray(
          0,
          size,
        ),
      );
      await stream({
        count: payloads.length,
        window: WINDOW,
        send: index => send(socket, payloads[index] ?? '', echo),
        arrive: async index => {
          expect(
            (await inbox.takeOne()).data.equals(payloads[index] ?? everyByte),
            `${index + 1} bytes`,
          ).toBe(true);
        },
      });
    },
  );

  test('a datagram that is too large: EMSGSIZE, and nothing of it is sent', async () => {
    const { modem } = await open(faults, options);
    const echo = await openEcho();
    const { socket, inbox } = openSocket(modem.dgram);
    for (const size of new Set([1_025, hexBytes + 1]))
      await expect(send(socket, Buffer.alloc(size, 0x1a), echo)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    await send(socket, 'next', echo);
    expect((await inbox.takeOne()).data.toString()).toBe('next');
    expect(modem.stats().payloadSent).toBe(4);
  });

  test.each([4, 6] as const)('TCP over IPv%i: a stream that looks like modem talk', async family => {
    const { modem } = await open(faults, options);
    const bytes = Buffer.concat([everyByte, nastyBytes(60_000, SEED)]);
    const socket = await dial(modem.net, await openTcpEcho(family));
    await Promise.all([writeAll(socket, bytes), expectBytes(socket, bytes, `seed ${SEED}`)]);
  });
});

test('plain datagrams of full size pass where bytes would be eaten', async () => {
  const { modem } = await open(['fixed-not-transparent', 'hex-limit-chars'], {});
  const echo = await openEcho();
  const { socket, inbox } = openSocket(modem.dgram);
  const data = Buffer.alloc(1_024, 'x');
  await send(socket, data, echo);
  expect((await inbox.takeOne()).data.equals(data)).toBe(true);
});
