/** Sockets over everything that may stand between us and the modem's port: bridges, serial servers, frames. */
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { listenBridge } from '../../src/bridge/server.ts';
import { createSim, listenSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';
import type { TcpServer } from '../../src/util/tcp-server.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { qethServed } from '../support/qeth-server.ts';
import { startSeedBridge } from '../support/seed-bridge.ts';
import { type Accepter, startSer2net } from '../support/ser2net.ts';
import { openUrl, startPty, TYPICAL } from './modems.ts';
import { openPeer, openSocket, send } from './sockets.ts';
import { expectBytes, openPair, writeAll } from './streams.ts';

const SEED = 8_080;
const STREAM_BYTES = 32 * 1024;

/** How a URL for the simulator is made. */
type Way = (skip: TestContext['skip'], options: SimOptions) => Promise<string>;

const served =
  (scheme: string, listen: (sim: SimModem) => Promise<Pick<TcpServer, 'port' | 'close'>>): Way =>
  async (_skip, options) => {
    const sim = createSim(options);
    const server = await listen(sim);
    onTestFinished(async () => {
      await server.close();
      await sim.close();
    });
    return `${scheme}://127.0.0.1:${server.port}`;
  };

const ser2net =
  (scheme: string, accepter: Accepter): Way =>
  async (skip, options) => {
    const device = new URL(await startPty(skip, options)).pathname;
    return `${scheme}://127.0.0.1:${await startSer2net(skip, device, accepter)}`;
  };

const WAYS: readonly (readonly [name: string, way: Way])[] = [
  ['our bridge', served('bridge', ({ transport }) => listenBridge(transport))],
  ['a bridge as the seed', served('bridge', ({ transport }) => startSeedBridge(transport))],
  ['ETH_AT', served('qeth', ({ transport }) => listenSim({ transport: qethServed(transport) }))],
  ['ser2net, raw', ser2net('tcp', 'tcp')],
  ['ser2net, telnet', ser2net('telnet', 'telnet,tcp')],
  ['ser2net, RFC 2217', ser2net('rfc2217', 'telnet(rfc2217),tcp')],
];

/** What the ways have words for, or do something about. */
const WORDS = [
  '<heartbeat>',
  'AT<heartbeat>\r<heart',
  'Your heartbeat timeout elapsed',
  "There's already a client in control",
  '\xff\xff\xff\xfb\x01\xff\xfa\x2c\x6c\xff\xf0\xff',
  '\r\0\r\n\0',
  '\xa4\x00\x05AT\r\n',
];
const SIZES = [1, 2, 10, 11, 12, 255, 256, 257, 511, 1_000];

/** From 256 bytes on it holds every byte value. */
const pattern = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, at) => (at * 7 + size) & 255));

describe.each(TYPICAL)('$name', ({ simOptions, limits }) => {
  describe.each(WAYS)('%s', (_name, way) => {
    test('datagrams there and back, byte-exact', async ({ skip }) => {
      const modem = await openUrl(await way(skip, simOptions));
      const peer = await openPeer();
      const { socket, inbox } = openSocket(modem.dgram);
      const payloads = [
        ...[...SIZES, limits.datagramBytes].map(pattern),
        ...WORDS.map(word => Buffer.from(word, 'latin1')),
      ];
      for (const payload of payloads) {
        await send(socket, payload, peer);
        const { data, from } = await peer.inbox.takeOne();
        expect(data.toString('latin1')).toBe(payload.toString('latin1'));
        peer.socket.send(data, from.port, from.address);
        expect((await inbox.takeOne()).data.toString('latin1')).toBe(payload.toString('latin1'));
      }
    });

    test(`${STREAM_BYTES} bytes each way at once, seed ${SEED}`, async ({ skip }) => {
      const modem = await openUrl(await way(skip, simOptions));
      const [out, back] = [nastyBytes(STREAM_BYTES, SEED), nastyBytes(STREAM_BYTES, SEED + 1)];
      const { ours, peer } = await openPair(modem.net);
      await Promise.all([
        expectBytes(peer, out, 'out'),
        expectBytes(ours, back, 'in'),
        writeAll(ours, out),
        writeAll(peer, back),
      ]);
      expect(modem.stats()).toMatchObject({ recoveries: 0 });
    });
  });
});
