/** UDP associations of the SOCKS proxy, with the frames of the npm package `socks` and a real DNS client. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { SocksClient } from 'socks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { countOf, TYPICAL } from './modems.ts';
import { bind, close, Inbox, openEcho, openPeer, type Peer, send } from './sockets.ts';
import { ALLOW, GREETING, hex, openProxy, RawClient } from './socks-proxy.ts';
import { closed, until } from './streams.ts';

const SEED = 7;
/** The name server of the simulated network. */
const NAME_SERVER = { host: '192.0.2.53', port: 53 };

interface Association {
  readonly client: RawClient;
  /** Where the client sends to. */
  readonly relay: { readonly address: string; readonly port: number };
}

async function associate(port: number, from = 0): Promise<Association> {
  const client = new RawClient(port).say(
    GREETING,
    hex('05 03 00 01 00000000'),
    Buffer.from([from >> 8, from]),
  );
  const reply = await client.hear(12);
  expect(reply.subarray(0, 10)).toEqual(hex('05 00 05 00 00 01 7f000001'));
  return { client, relay: { address: '127.0.0.1', port: reply.readUInt16BE(10) } };
}

const frame = (host: string, port: number, data: Buffer): Buffer =>
  SocksClient.createUDPFrame({ remoteHost: { host, port }, data });

describe.each(TYPICAL)('$name', ({ simOptions, dialect, limits }) => {
  const host = { 'one.test': '127.0.0.1', 'six.test': '::1', 'far.test': '192.0.2.9' };

  test.each([
    ['127.0.0.1', 'udp4', '127.0.0.1'],
    ['::1', 'udp6', '::1'],
    ['one.test', 'udp4', '127.0.0.1'],
    ['six.test', 'udp6', '::1'],
  ] as const)(`datagrams to %s and back, seed ${SEED}`, async (name, type, source) => {
    const { server } = await openProxy({ ...simOptions, host });
    const { relay } = await associate(server.port);
    const echo = await openEcho(type);
    const { socket, inbox } = await openPeer();
    for (const size of [1, 100, limits.datagramBytes]) {
      const data = nastyBytes(size, SEED + size);
      await send(socket, frame(name, echo.port, data), relay);
      const answer = SocksClient.parseUDPFrame((await inbox.takeOne()).data);
      expect(answer.remoteHost).toEqual({ host: expect.any(String), port: echo.port });
      if (isIPv4(source)) expect(answer.remoteHost.host).toBe(source);
      expect(answer.data.equals(data)).toBe(true);
    }
  });

  test('a real DNS client asks through it', async () => {
    const { server } = await openProxy({ ...simOptions, host: { 'a.test': ['192.0.2.1', '2001:db8::7'] } });
    const { relay } = await associate(server.port);
    const resolver = new Resolver({ timeout: 5_000, tries: 1 });
    resolver.setServers([await wrapping(relay)]);
    expect(await resolver.resolve4('a.test')).toEqual(['192.0.2.1']);
    expect(await resolver.resolve6('a.test')).toEqual(['2001:db8::7']);
    await expect(resolver.resolve4('no.invalid')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('only its client is heard, from one port, and no fragment of it', async () => {
    const { server } = await openProxy(simOptions);
    const { socket, inbox, port } = await openPeer();
    const { relay } = await associate(server.port, port);
    const target = await openPeer();
    const say = (from: Peer, text: string): Promise<void> =>
      send(from.socket, frame(target.address, target.port, Buffer.from(text)), relay);
    const stranger = await openPeer();
    await say(stranger, 'stranger');
    const elsewhere = createSocket('udp4');
    onTestFinished(() => close(elsewhere));
    await bind(elsewhere, 0, '127.0.0.2');
    await send(elsewhere, frame(target.address, target.port, Buffer.from('elsewhere')), relay);
    const fragment = frame(target.address, target.port, Buffer.from('fragment'));
    fragment[2] = 1;
    for (const bytes of [fragment, hex(''), hex('000000'), hex('0000000900'), nastyBytes(40, SEED)])
      await send(socket, bytes, relay);
    await send(socket, frame(target.address, target.port, Buffer.from('mine')), relay);
    const { data, from } = await target.inbox.takeOne();
    expect(String(data)).toBe('mine');
    await send(target.socket, 'answer', { address: '127.0.0.1', port: from.port });
    expect(String(SocksClient.parseUDPFrame((await inbox.takeOne()).data).data)).toBe('answer');
  });

  test('what is not allowed, nobody and no name go nowhere, and the rest goes on', async () => {
    const { server, sim } = await openProxy({ ...simOptions, host }, { allow: ['127.0.0.1'] });
    const { relay } = await associate(server.port);
    const { socket } = await openPeer();
    const target = await openPeer();
    const before = countOf(sim, dialect.sends);
    for (const [name, port] of [
      ['127.0.0.2', target.port],
      ['six.test', target.port],
      ['169.254.169.254', 80],
      ['no.invalid', 80],
    ] as const)
      await send(socket, frame(name, port, Buffer.from('no')), relay);
    for (const bad of ['\r\nAT+EVIL', 'a";+EVIL'])
      await send(socket, frame(bad, 7, Buffer.from('no')), relay);
    await send(socket, frame('one.test', target.port, Buffer.from('yes')), relay);
    expect(String((await target.inbox.takeOne()).data)).toBe('yes');
    expect(target.inbox.errors).toEqual([]);
    expect(sim.received.filter(line => line.includes('EVIL'))).toEqual([]);
    // Questions to name servers are datagrams, too.
    if (simOptions.commandSet === undefined) expect(countOf(sim, dialect.sends)).toBe(before + 1);
  });

  test('it ends with its connection, and gives everything back', async () => {
    const { server, sim } = await openProxy(simOptions, { allow: ALLOW });
    const { client, relay } = await associate(server.port);
    const { socket, inbox } = await openPeer();
    const echo = await openEcho();
    await send(socket, frame(echo.address, echo.port, Buffer.from('one')), relay);
    await inbox.takeOne();
    expect(sim.connectionsOpen).toBeGreaterThan(0);
    client.say(Buffer.from('this means nothing'));
    client.socket.end();
    await closed(client.socket);
    await until('no connection', () => sim.connectionsOpen === 0);
    const again = createSocket('udp4');
    onTestFinished(() => close(again));
    await bind(again, relay.port, relay.address);
  });
});

/** A UDP port that puts what comes into frames for the relay, and takes the answers out of theirs → its place. */
async function wrapping(relay: Association['relay']): Promise<string> {
  const [near, far] = [createSocket('udp4'), createSocket('udp4')];
  onTestFinished(async () => {
    await close(near);
    await close(far);
  });
  await bind(near, 0, '127.0.0.1');
  let asker = 0;
  const answers = new Inbox(far);
  near.on('message', (question, from) => {
    asker = from.port;
    void send(far, frame(NAME_SERVER.host, NAME_SERVER.port, question), relay);
  });
  far.on('message', bytes => near.send(SocksClient.parseUDPFrame(bytes).data, asker, '127.0.0.1'));
  expect(answers.errors).toEqual([]);
  return `127.0.0.1:${near.address().port}`;
}
