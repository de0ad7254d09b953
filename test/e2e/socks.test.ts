/** The SOCKS proxy over both dialects: CONNECT, its reply codes, logins, limits, and clients that mean harm. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SimModem } from '../../src/sim/index.ts';
import { openSocksServer } from '../../src/socks/server.ts';
import { createRandom } from '../../src/util/random.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { within } from '../tools/run-cli.ts';
import { countOf, openBench, TYPICAL } from './modems.ts';
import { ALLOW, connectRequest, GREETED, GREETING, hex, openProxy, RawClient } from './socks-proxy.ts';
import { closed, closedPort, expectBytes, openEcho, openPeers, openServer, until } from './streams.ts';

const SEED = 1_928;
const MIB = 1 << 20;
const REFUSED = (code: string): Buffer => hex(`05 ${code} 00 01 00000000 0000`);
const LOGIN = { user: 'anna', password: 'secret' };

/** Nothing but printable ASCII outside payloads, and nothing that a client could have put there. */
function expectNoInjection({ received }: SimModem): void {
  for (const line of received) {
    expect(line).toMatch(/^AT[\x20-\x7e]*$/);
    expect(line).not.toContain('EVIL');
  }
}

describe.each(TYPICAL)('$name', ({ simOptions, dialect }) => {
  const host = { 'one.test': '127.0.0.1', 'six.test': '::1', 'both.test': ['::1', '127.0.0.1'] };

  /** Through the handshake → the client, and the reply to its request. */
  async function ask(port: number, request: Uint8Array): Promise<{ client: RawClient; reply: Buffer }> {
    const client = new RawClient(port).say(GREETING);
    expect(await client.hear(2)).toEqual(GREETED);
    const reply = await client.say(request).hear(10);
    return { client, reply };
  }

  test.each([
    ['127.0.0.1', 4],
    ['one.test', 4],
    ['both.test', 4],
    ['six.test', 6],
  ] as const)(`CONNECT to %s, 256 KiB there and back, seed ${SEED}`, async (name, family) => {
    const { server, sim } = await openProxy({ ...simOptions, host });
    const to = await openEcho(family);
    const client = new RawClient(server.port).say(GREETING);
    await client.hear(2);
    client.say(connectRequest(name, to.port));
    const reply = await client.hear(4);
    expect(reply.subarray(0, 3)).toEqual(hex('05 00 00'));
    await client.hear(reply[3] === 4 ? 18 : 6);
    client.socket.removeAllListeners('data');
    const bytes = nastyBytes(MIB / 4, SEED);
    const echoed = expectBytes(client.socket, bytes, 'echo');
    client.socket.write(bytes);
    await echoed;
    client.socket.resetAndDestroy();
    await until('no connection', () => sim.connectionsOpen === 0);
  });

  test('each refusal has its number, and what is not allowed reaches no modem', async () => {
    const { server, sim } = await openProxy({ ...simOptions, host });
    const { port } = await closedPort();
    const code = async (request: Buffer): Promise<number | undefined> =>
      (await ask(server.port, request)).reply[1];
    expect(await code(connectRequest('127.0.0.1', port))).toBe(5);
    expect(await code(connectRequest('no.invalid', 80))).toBe(4);
    const before = sim.received.length;
    for (const [request, number] of [
      [connectRequest('169.254.169.254', 80), 2],
      [connectRequest('127.0.0.1', 0), 1],
      [hex('05 02 00 01 7f000001 0050'), 7],
      [hex('05 09 00 01 7f000001 0050'), 7],
      [hex('05 01 00 02 7f000001 0050'), 8],
      [hex('04 01 00 01 7f000001 0050'), 1],
      [connectRequest('a";+EVIL\r\nAT+EVIL', 80), 4],
    ] as const)
      expect(await code(request), request.toString('hex')).toBe(number);
    expect(sim.received.length).toBe(before);
  });

  test('local addresses are refused after the name is resolved, unless they are allowed', async () => {
    const { server, sim } = await openProxy({ ...simOptions, host }, {});
    for (const name of ['127.0.0.1', 'one.test', 'six.test', 'both.test', 'localhost']) {
      const { client, reply } = await ask(server.port, connectRequest(name, 80));
      expect([name, reply]).toEqual([name, REFUSED('02')]);
      client.socket.end();
      await closed(client.socket);
    }
    expect(countOf(sim, dialect.dials)).toBe(0);
  });

  test('a login is asked for where there is one, and nothing reaches the modem before it', async () => {
    const { server, sim } = await openProxy(simOptions, { allow: ALLOW, login: LOGIN });
    const to = await openEcho();
    const before = sim.received.length;
    const request = connectRequest('127.0.0.1', to.port);
    const login = (user: string, password: string): Buffer =>
      Buffer.concat([
        Buffer.from([1, user.length]),
        Buffer.from(user),
        Buffer.from([password.length]),
        Buffer.from(password),
      ]);
    const right = login(LOGIN.user, LOGIN.password);
    // Everything at once, whether it is asked for or not.
    expect(await new RawClient(server.port).say(GREETING, request).last()).toEqual(hex('05 ff'));
    expect(await new RawClient(server.port).say(GREETING, right, request).last()).toEqual(hex('05 ff'));
    const offered = hex('05 02 00 02');
    expect(await new RawClient(server.port).say(offered, login('anna', 'guess'), request).last()).toEqual(
      hex('05 02 01 01'),
    );
    expect(await new RawClient(server.port).say(offered, request).last()).toEqual(hex('05 02 01 01'));
    expect(sim.received.length).toBe(before);
    const client = new RawClient(server.port).say(offered, right, request, Buffer.from('early'));
    expect(await client.hear(4)).toEqual(hex('05 02 01 00'));
    expect((await client.hear(10)).subarray(0, 2)).toEqual(hex('05 00'));
    expect(String(await client.hear(5))).toBe('early');
  });

  test('an end from either side comes through behind all data', async () => {
    const { server } = await openProxy(simOptions);
    const { to, next } = await openPeers();
    const bytes = nastyBytes(100_000, SEED);
    const { client } = await ask(server.port, connectRequest('127.0.0.1', to.port));
    const peer = await next();
    const heard = expectBytes(peer, bytes, 'up');
    const ended = once(peer, 'end');
    client.socket.end(bytes);
    await heard;
    peer.write('answer');
    expect(String(await client.hear(6))).toBe('answer');
    await within(15_000, 'the end', ended);
    const { client: listener } = await ask(server.port, connectRequest('127.0.0.1', to.port));
    (await next()).end(bytes);
    expect((await listener.last()).equals(bytes)).toBe(true);
  });

  test('connections whose client has said all make room for new ones', async () => {
    const { server, sim } = await openProxy({ ...simOptions, connections: 3 });
    const { to, next } = await openPeers();
    for (let count = 0; count < 10; count++) {
      const { client, reply } = await ask(server.port, connectRequest('127.0.0.1', to.port));
      expect(reply[1]).toBe(0);
      const peer = await next();
      const heard = expectBytes(peer, Buffer.from('over'), 'the last word');
      client.socket.end('over');
      await heard;
    }
    expect(sim.connectionsOpen).toBeLessThanOrEqual(3);
  });

  test('an answer that comes after the client has ended is heard', async () => {
    const { server } = await openProxy(simOptions);
    const to = await openServer(socket => {
      socket.once('data', data => setTimeout(() => socket.end(`answer to ${data}`), 300));
    });
    const { client } = await ask(server.port, connectRequest('127.0.0.1', to.port));
    client.socket.end('question');
    expect(String(await client.last())).toBe('answer to question');
  });

  test('when the modem goes, its clients see a reset, not an end', async () => {
    const { server, modem } = await openProxy(simOptions);
    const { to, next } = await openPeers();
    const { client } = await ask(server.port, connectRequest('127.0.0.1', to.port));
    await next();
    const failed = once(client.socket, 'error');
    // Neither fails by it: an end would be no error.
    const ended = once(client.socket, 'end').then(() => 'end');
    await modem.close();
    expect(await within(10_000, 'a reset', Promise.race([failed, ended]))).toMatchObject([
      { code: 'ECONNRESET' },
    ]);
  });

  test('a client that does not read stops the peer, and loses nothing', async () => {
    const { server, modem } = await openProxy(simOptions);
    const { to, next } = await openPeers();
    const { client } = await ask(server.port, connectRequest('127.0.0.1', to.port));
    client.socket.removeAllListeners('data');
    client.socket.pause();
    const bytes = nastyBytes(12 * MIB, SEED);
    const peer = await next();
    peer.end(bytes);
    // The buffers of two kernel connections, and no more.
    let last = -1;
    let turns = 0;
    await until('it stops', () => {
      const { payloadReceived } = modem.stats();
      turns = payloadReceived === last ? turns + 1 : 0;
      last = payloadReceived;
      return turns === 1_000 && last > 0;
    });
    expect(last).toBeLessThan(8 * MIB);
    const heard = expectBytes(client.socket, bytes, 'down');
    client.socket.resume();
    await heard;
  });

  test(`clients that mean harm crash nothing, seed ${SEED}`, async () => {
    const { server, sim } = await openProxy({ ...simOptions, host });
    const { port } = await openEcho();
    const random = createRandom(SEED);
    const words = [
      GREETING,
      hex('04 01 0050 7f000001 00'),
      hex('05 00'),
      hex('05 ff'),
      connectRequest('127.0.0.1', port),
      connectRequest('both.test', port),
      connectRequest('one.test\r\nAT+EVIL\r\n', port),
      connectRequest('a";+EVIL', port),
      connectRequest('x'.repeat(255), port),
      hex('05 03 00 01 00000000 0000'),
      hex('05 03 00 03 04 00000000 ffff'),
      Buffer.from('GET http://one.test/ HTTP/1.1\r\n\r\n'),
      Buffer.from('\r\nAT+EVIL\r\n'),
      hex('16 03 01'),
    ];
    for (let round = 0; round < 60; round++) {
      const clients = Array.from({ length: 5 }, () => {
        const client = new RawClient(server.port);
        const said = Array.from({ length: 1 + random(4) }, () => words[random(words.length)] ?? GREETING);
        if (random(2) === 0) said.unshift(GREETING);
        const bytes = Buffer.concat(said);
        const end = random(bytes.length + 1);
        if (random(3) === 0) for (const byte of bytes.subarray(0, end)) client.say(Buffer.from([byte]));
        else client.say(bytes.subarray(0, end));
        return client.socket;
      });
      await Promise.all(clients.map(socket => once(socket, 'connect')));
      for (const socket of clients) {
        const manner = random(3);
        if (manner === 0) socket.destroy();
        else if (manner === 1) socket.resetAndDestroy();
        else socket.end().destroySoon();
      }
    }
    await until('no connection', () => sim.connectionsOpen === 0);
    expectNoInjection(sim);
    const { reply } = await ask(server.port, connectRequest('127.0.0.1', port));
    expect(reply[1]).toBe(0);
  });
});

test('who has not said in 5 s what it wants is let go', async () => {
  const { server } = await openProxy({});
  const silent = new RawClient(server.port);
  const slow = new RawClient(server.port).say(hex('05 ff'));
  const halfway = new RawClient(server.port).say(GREETING, hex('05 01'));
  const refused = new RawClient(server.port).say(GREETING, hex('05 02 00 01 7f000001 0050'));
  for (const client of [silent, slow, halfway, refused]) await client.last();
  // The one that was told why may go on talking, but not for longer.
  await until('it is closed', () => refused.say(GREETING).socket.closed);
});

test('of too many clients the oldest that has said nothing makes room', async () => {
  const { server } = await openProxy({});
  const { port } = await openEcho();
  const first = new RawClient(server.port).say(GREETING, connectRequest('127.0.0.1', port));
  await first.hear(12);
  const silent = new RawClient(server.port);
  await once(silent.socket, 'connect');
  const others: RawClient[] = [];
  for (let count = 0; count < 63; count++) {
    const client = new RawClient(server.port).say(GREETING);
    await client.hear(2);
    others.push(client);
  }
  await silent.last();
  expect(others.filter(({ socket }) => socket.readableEnded || socket.closed)).toEqual([]);
  expect(String(await first.say(Buffer.from('still here')).hear(10))).toBe('still here');
});

test('it closes what it has open', async () => {
  const { modem } = await openBench();
  const server = await openSocksServer(modem, { host: '127.0.0.1', port: 0 });
  const client = new RawClient(server.port).say(GREETING);
  await client.hear(2);
  await server.close();
  expect(await client.last()).toEqual(hex(''));
  const again = createConnection(server.port, '127.0.0.1');
  onTestFinished(() => void again.destroy());
  expect(await once(again, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
});
