/** Many clients at once on a modem that ends a running command at any input: each gets its own results, in order. */
import { expect, test } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import * as datagrams from '../e2e/sockets.ts';
import { dial, expectBytes, openEcho, until } from '../e2e/streams.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { openOver, openShared, RawClient } from './bench.ts';

const SEED = 4_000;
const CLIENTS = 20;
const COMMANDS = 200;
const DATAGRAMS = 50;
const PIECES = 8;
const LINES = [
  'AT+CGMM',
  'at+cgmi',
  'AT+CGMR',
  'AT+CGSN',
  'AT+CPIN?',
  'AT+CFUN?',
  'AT+CGMM;+CGMI',
  'AT + C G M M',
  'AT+NOPE?',
  'ATE0+CGMI',
  'AT',
];
const ENDS = ['\r', '\n', '\r\n', '\r\0'];

test(`${CLIENTS} clients, ${COMMANDS} commands each, beside a datagram echo and a MiB over TCP, seed ${SEED}`, {
  timeout: 180_000,
}, async () => {
  const { sim, port } = await openShared({ latency: 1, faults: ['abort-on-input'] });
  const first = new RawClient(port);
  const expected = new Map<string, string>();
  for (const line of LINES) expected.set(line, await first.ask(line));
  expect(new Set(expected.values()).size).toBeGreaterThan(6);
  first.socket.destroy();

  const talks = Array.from({ length: CLIENTS }, async (_, index) => {
    const random = createRandom(SEED + index);
    const client = new RawClient(port, index % 2 === 0 ? '127.0.0.1' : '::1').say('URC none\r');
    await client.hear(/\r\nOK\r\n$/);
    const asked = Array.from({ length: COMMANDS }, () => LINES[random(LINES.length)] ?? 'AT');
    const text = asked.map(line => `${line}${ENDS[random(ENDS.length)]}`).join('');
    const wanted = asked.map(line => expected.get(line)).join('');
    const writing = (async () => {
      for (let at = 0; at < text.length; ) {
        const length = 1 + random(40);
        client.say(text.slice(at, at + length));
        at += length;
        await new Promise(setImmediate);
      }
    })();
    await writing;
    return { heard: await client.hearLength(wanted.length), wanted };
  });

  const modem = await openOver(port);
  const stream = await dial(modem.net, await openEcho());
  // In pieces, since each has a deadline of its own.
  const transfer = (async () => {
    for (let piece = 0; piece < PIECES; piece++) {
      const bytes = nastyBytes((1 << 20) / PIECES, SEED + piece);
      const echoed = expectBytes(stream, bytes, `piece ${piece}`);
      stream.write(bytes);
      await echoed;
    }
  })();
  const { socket, inbox } = datagrams.openSocket(modem.dgram);
  const peer = await datagrams.openEcho();
  for (let count = 0; count < DATAGRAMS; count++) {
    const data = nastyBytes(1 + ((97 * count) % 500), SEED + count);
    await datagrams.send(socket, data, peer);
    expect((await inbox.takeOne()).data).toEqual(data);
  }

  for (const { heard, wanted } of await Promise.all(talks)) expect(heard).toBe(wanted);
  await transfer;
  await modem.close();
  await until('no connection', () => sim.connectionsOpen === 0);
});
