/** Several programs with connections on one modem: each has its own, and none hears or touches another's. */
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/share/policy.ts';
import { TYPICAL } from '../e2e/modems.ts';
import * as datagrams from '../e2e/sockets.ts';
import { dial, expectBytes, openEcho, until } from '../e2e/streams.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { openOver, openShared, RawClient } from './bench.ts';

const SEED = 31;

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test(`three programs echo over TCP and UDP at once, seed ${SEED}`, { timeout: 120_000 }, async () => {
    const { sim, port } = await openShared(simOptions, { roles: new Set<Role>(['read', 'socket']) });
    const stream = await openEcho();
    const peer = await datagrams.openEcho();
    const work = async (seed: number): Promise<void> => {
      const modem = await openOver(port, seed % 2 === 0 ? '127.0.0.1' : '::1');
      const socket = await dial(modem.net, stream);
      const bytes = nastyBytes(32 * 1024, seed);
      const echoed = expectBytes(socket, bytes, `echo ${seed}`);
      socket.write(bytes);
      const { socket: dgram, inbox } = datagrams.openSocket(modem.dgram);
      for (let count = 0; count < 10; count++) {
        const data = nastyBytes(100 + count, 100 * seed + count);
        await datagrams.send(dgram, data, peer);
        expect((await inbox.takeOne()).data).toEqual(data);
      }
      await echoed;
      await modem.close();
    };
    await Promise.all([SEED, SEED + 1, SEED + 2].map(work));
    await until('no connection', () => sim.connectionsOpen === 0);
  });

  test("a program that opens the modem closes nobody's connections; one that goes leaves none", async () => {
    const { sim, port } = await openShared(simOptions);
    const one = await openOver(port);
    const socket = await dial(one.net, await openEcho());
    const other = await openOver(port);
    const bytes = nastyBytes(2_000, SEED);
    const echoed = expectBytes(socket, bytes, 'echo');
    socket.write(bytes);
    await echoed;
    await dial(other.net, await openEcho());
    expect(sim.connectionsOpen).toBe(2);
    await other.close();
    await until('one connection', () => sim.connectionsOpen === 1);
    await one.close();
    await until('no connection', () => sim.connectionsOpen === 0);
  });
});

test('when all connections are taken by others, a program is told so as by Node', async () => {
  const { port } = await openShared({ connections: 2 });
  const echo = await openEcho();
  const [one, other] = [await openOver(port), await openOver(port)];
  await dial(one.net, echo);
  await dial(one.net, echo);
  await expect(dial(other.net, echo)).rejects.toMatchObject({ code: 'EMFILE' });
  const { socket } = datagrams.openSocket(other.dgram);
  await expect(datagrams.send(socket, 'hello', echo)).rejects.toMatchObject({ code: 'EMFILE' });
  await one.close();
  await dial(other.net, echo);
});

test('a client that vanishes in the middle of a payload has sent nothing, and its connection is closed', async () => {
  const { sim, port } = await openShared();
  const peer = await datagrams.openPeer();
  const client = new RawClient(port);
  expect(await client.ask(`AT+SQNSD=6,1,${peer.port},"127.0.0.1",0,0,1`)).toContain('OK');
  expect(sim.connectionsOpen).toBe(1);
  client.say('AT+SQNSSENDEXT=6,10\r');
  await client.hear(/\r\n> $/);
  client.say('01234').socket.destroy();
  await until('no connection', () => sim.connectionsOpen === 0);
  expect(sim.received.filter(line => line.includes('SENDEXT'))).toEqual([]);
  expect(await new RawClient(port).ask('AT+CGMM')).toMatch(/^\r\n\w+\r\n\r\nOK\r\n$/);
});

test('a ring is heard by the holder of the connection alone, under its own number', async () => {
  const { port } = await openShared();
  const peer = await datagrams.openPeer();
  peer.socket.on('message', (data, from) => peer.socket.send(data, from.port, from.address));
  const [one, other] = [new RawClient(port), new RawClient(port)];
  for (const [client, text] of [
    [one, 'first'],
    [other, 'second'],
  ] as const) {
    await client.ask(`AT+SQNSCFGEXT=3,1,0,0,0,0`);
    expect(await client.ask(`AT+SQNSD=3,1,${peer.port},"127.0.0.1",0,0,1`)).toContain('OK');
    client.say(`AT+SQNSSENDEXT=3,${text.length}\r`);
    await client.hear(/> $/);
    client.say(text);
    expect(await client.hear(/\+SQNSRING: \d+,\d+\r\n/)).toContain(`+SQNSRING: 3,${text.length}\r\n`);
    expect(await client.ask('AT+SQNSRECV=3,1500')).toContain(
      `+SQNSRECV: 3,${text.length}\r\n${text}\r\n\r\nOK\r\n`,
    );
  }
  expect(one.heard + other.heard).not.toContain('RING');
  expect(await one.ask('AT+SQNSS')).toMatch(/SQNSS: 3,[1-9].*\r\n/);
  expect(await one.ask('AT+SQNSI=4')).toContain('ERROR');
});
