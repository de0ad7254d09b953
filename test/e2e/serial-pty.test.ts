/** A real serial port on a pseudo-terminal, the simulator in another process: every size and every byte value. */
import { describe, expect, test } from 'vitest';
import { deviations } from '../../src/index.ts';
import { openUrl, startPty, TYPICAL } from './modems.ts';
import { openEcho, openPeer, openSocket, send } from './sockets.ts';
import { stream } from './window.ts';

const WINDOW = 16;

/** From 256 bytes on it holds every byte value, and each at another place than for the size before. */
const pattern = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, at) => (at * 7 + size) & 255));

const KINDS = TYPICAL.flatMap(kind =>
  (['udp4', 'udp6'] as const).flatMap(type =>
    (['binary', 'hex'] as const).map(encoding => ({ ...kind, type, encoding })),
  ),
);

describe.each(KINDS)('$name, $type, $encoding', ({ simOptions, limits, type, encoding }) => {
  const largest = limits.datagramBytes;

  test('every size there and back, byte-exact', async ({ skip }) => {
    const modem = await openUrl(await startPty(skip, simOptions), { encoding });
    const peer = await openPeer(type);
    const { socket, inbox } = openSocket(modem.dgram, type);
    await stream({
      count: largest,
      window: WINDOW,
      send: index => send(socket, pattern(index + 1), peer),
      arrive: async index => {
        const { data, from } = await peer.inbox.takeOne();
        expect(data.equals(pattern(index + 1)), `${index + 1} bytes out`).toBe(true);
        peer.socket.send(data, from.port, from.address);
        const back = await inbox.takeOne();
        expect(back.data.equals(data), `${index + 1} bytes in`).toBe(true);
        expect(back.from).toMatchObject({ address: peer.address, port: peer.port, size: index + 1 });
      },
    });
  });

  test('each byte value alone', async ({ skip }) => {
    const modem = await openUrl(await startPty(skip, simOptions), { encoding });
    const echo = await openEcho(type);
    const { socket, inbox } = openSocket(modem.dgram, type);
    await stream({
      count: 256,
      window: WINDOW,
      send: value => send(socket, Buffer.of(value), echo),
      arrive: async value => expect((await inbox.takeOne()).data).toEqual(Buffer.of(value)),
    });
  });

  test('a byte too many and none are refused before anything is written', async ({ skip }) => {
    const modem = await openUrl(await startPty(skip, simOptions), { encoding });
    const echo = await openEcho(type);
    const { socket, inbox } = openSocket(modem.dgram, type);
    await send(socket, 'open', echo);
    await inbox.takeOne();
    // Behind the look that follows the last datagram.
    await modem.at.send('AT');
    const { bytesWritten } = modem.stats();
    await expect(send(socket, Buffer.alloc(largest + 1), echo)).rejects.toMatchObject({
      code: 'EMSGSIZE',
      syscall: 'send',
      address: echo.address,
      port: echo.port,
    });
    await expect(send(socket, '', echo)).rejects.toMatchObject({
      code: 'EOPNOTSUPP',
      syscall: 'send',
      cause: { message: expect.stringContaining('empty') },
    });
    expect(modem.stats().bytesWritten).toBe(bytesWritten);
    await send(socket, 'still open', echo);
    expect((await inbox.takeOne()).data.toString()).toBe('still open');
  });
});

test('what is refused stands in the list of deviations', () => {
  expect(deviations.map(({ id }) => id)).toEqual(expect.arrayContaining(['datagram-size', 'empty-datagram']));
});
