/** Clients that go at any moment of a dial, a listen or a payload leave no connection, no id and no lock behind. */
import { expect, test } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { openPeer } from '../e2e/sockets.ts';
import { openEcho, until } from '../e2e/streams.ts';
import { openShared, RawClient } from './bench.ts';

const SEED = 91;
const CLIENTS = 150;
const TURNS = 60;

test(`${CLIENTS} clients leave, seed ${SEED}`, { timeout: 120_000 }, async () => {
  const random = createRandom(SEED);
  const { sim, port } = await openShared();
  const echo = await openEcho();
  const peer = await openPeer();
  const lines = [
    `AT+SQNSD=1,0,${echo.port},"127.0.0.1",0,0,1`,
    `AT+SQNSD=3,1,${peer.port},"127.0.0.1",0,0,1`,
    'AT+SQNSCFGEXT=2,1,0,0,0,0,0',
    'AT+SQNSL=2,1,5000',
    'LOCK 600',
    'AT+SQNSSENDEXT=1,4\r\nabcd',
    'AT+SQNSH=1',
    'AT+SQNSS;+SQNSI',
    'UNLOCK',
  ];
  const line = (): string => lines[random(lines.length)] ?? '';
  for (let count = 0; count < CLIENTS; count++) {
    const client = new RawClient(port);
    await client.ask('AT');
    client.say(Array.from({ length: 6 }, () => `${line()}\r`).join(''));
    for (let turn = random(TURNS); turn > 0; turn--) await new Promise(setImmediate);
    client.socket.destroy();
  }
  await until('no connection', () => sim.connectionsOpen === 0);
  const last = new RawClient(port);
  expect(await last.ask('LOCK')).toBe('\r\nOK\r\n');
  await last.ask('UNLOCK');
  // Whoever left last may still be about to close what he had: then it is refused, and not for ever.
  for (let id = 1; id <= 6; id++) {
    const open = `AT+SQNSD=${id},1,${peer.port},"127.0.0.1",0,0,1`;
    let reply = await last.ask(open);
    while (reply === '\r\nERROR\r\n') reply = await last.ask(open);
    expect(reply).toBe('\r\nOK\r\n');
  }
  expect(sim.connectionsOpen).toBe(6);
});
