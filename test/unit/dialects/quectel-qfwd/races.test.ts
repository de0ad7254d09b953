/** The QFWD driver where two things happen at once, or one that must not: against a played module. */
import { describe, expect, test, vi } from 'vitest';
import type { TcpPort, UdpPort } from '../../../../src/driver/port.ts';
import { inNoTime } from '../../../support/in-no-time.ts';
import { Owner, type PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const data = Buffer.from('hello');

const opened = (modem: PlayedModem): number => modem.count('+QFWDCLIENT=');

async function receiveAll(port: UdpPort): Promise<string[]> {
  const texts: string[] = [];
  for (let next = await port.receive(); next; next = await port.receive())
    texts.push(`${next.remote.address}:${next.remote.port} ${next.data}`);
  return texts;
}

async function bindUdp(options = {}) {
  const played = await playModem(options);
  const owner = new Owner();
  const port = await played.driver.openUdp({ family: 4, port: 2020 }, owner);
  return { ...played, port, owner };
}

describe('the end of everything, while a socket is being opened', () => {
  test('a restart: ECONNRESET at once, not after the limit of a connection', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDCLIENT=', ['OK']);
    const dialling = driver.openTcp(peer(1), new Owner());
    await vi.waitFor(() => expect(opened(modem)).toBe(1));
    modem.say('RDY');
    await expect(dialling).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(driver.connectionsOpen).toBe(0);
  });

  test.each(['a client', 'a UDP client', 'a server'])(
    'close(): %s is not left open on the module',
    async kind => {
      const { modem, driver } = await playModem();
      modem.on('+QFWDCLIENT=', () => {
        modem.clients.set(100, '100,"Active","tcp","192.0.2.1",7,"10.0.0.1",5000,"usbat"');
        return ['OK'];
      });
      modem.on('+QFWDSEVER=', () => {
        modem.servers.add(100);
        return ['OK'];
      });
      const listening = { connection: () => new Owner(), closed: () => {} };
      const opening =
        kind === 'a client'
          ? driver.openTcp(peer(1), new Owner())
          : kind === 'a server'
            ? driver.listenTcp({ family: 4, port: 2020 }, listening)
            : driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
      const refused = expect(opening).rejects.toMatchObject({ code: 'ENETDOWN' });
      await vi.waitFor(() => expect(modem.clients.size + modem.servers.size).toBe(1));
      await driver.close();
      await refused;
      expect(modem.clients.size + modem.servers.size).toBe(0);
      expect(driver.connectionsOpen).toBe(0);
    },
  );
});

describe('callers', () => {
  test('the same again under the same id, before its end was read: it is a new one', async () => {
    const { modem, port } = await bindUdp();
    modem.call(100, 2, '192.0.2.8', 'first');
    await vi.waitFor(async () => expect(await receiveAll(port)).toEqual(['192.0.2.8:4000 first']));
    modem.say('+QFWDURC: "client/close",2');
    modem.call(100, 2, '192.0.2.8', 'second');
    await vi.waitFor(async () => expect(await receiveAll(port)).toEqual(['192.0.2.8:4000 second']));
    expect(modem.clients.has(2)).toBe(true);
    await port.send(data, peer(8, 4000));
    expect(modem.sent).toEqual([{ id: 2, text: 'hello', hex: false }]);
  });

  test('one whose id is given away before its read has its turn is gone without an error', async () => {
    const { modem, port, owner } = await bindUdp();
    modem.call(100, 2, '192.0.2.8');
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    expect(await receiveAll(port)).toEqual([]);
    modem.once('+QFWDSEND', () => {
      modem.call(100, 2, '192.0.2.9', 'second');
      return undefined;
    });
    const { rings } = owner;
    modem.say('+QFWDURC: "client/read",2');
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(rings));
    const sending = port.send(data, peer(8, 4000)).catch(() => {});
    expect(await port.receive()).toBeUndefined();
    expect(await receiveAll(port)).toEqual(['192.0.2.9:4000 second']);
    await sending;
  });

  test('of a listener that came to nothing are closed, and nobody hears of them', async () => {
    const { modem, driver } = await playModem();
    modem.on('+QFWDSEVER=', () => {
      modem.call(100, 2, '192.0.2.8', 'early');
      return ['OK', '+QFWDURC: "server/open",100,1'];
    });
    const heard: TcpPort[] = [];
    const connection = (port: TcpPort): Owner => {
      heard.push(port);
      return new Owner();
    };
    const events = { connection, closed: () => {} };
    await expect(driver.listenTcp({ family: 4, port: 2020 }, events)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(0));
    expect(modem.clients.size).toBe(0);
    expect(heard).toEqual([]);
  });

  test.each(['"192.0.2.8",65536', '"192.0.2.8",-1'])('from a place that cannot be, %s: none', async place => {
    const { modem, port } = await bindUdp();
    modem.clients.set(2, 'nobody');
    modem.say(`+QFWDURC: "client/incoming",100,2,${place},"0.0.0.0",2020`);
    await vi.waitFor(() => expect(modem.clients.size).toBe(0));
    expect(await receiveAll(port)).toEqual([]);
  });

  test('under the id of the server itself: nonsense', async () => {
    const { modem, port, driver } = await bindUdp();
    modem.say('+QFWDURC: "client/incoming",100,100,"192.0.2.8",4000,"0.0.0.0",2020');
    modem.call(100, 2, '192.0.2.8', 'hello');
    await vi.waitFor(async () => expect(await receiveAll(port)).toEqual(['192.0.2.8:4000 hello']));
    expect(driver.connectionsOpen).toBe(2);
  });
});

describe('a UDP port', () => {
  test('a peer whose socket the module closes at once, again and again: ENETDOWN, not for ever', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    modem.on('+QFWDCLIENT=', line => {
      if (opened(modem) > 20) return undefined;
      const id = line.split(',')[1];
      return ['OK', `+QFWDURC: "client/open",${id},0`, `+QFWDURC: "client/close",${id}`];
    });
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ENETDOWN' });
    expect(opened(modem)).toBeLessThan(5);
    expect(modem.sent).toEqual([]);
  });

  test('that the module serves no more: its owner is told, and nothing stays open', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { modem, driver, owner } = await bindUdp();
      modem.call(100, 2, '192.0.2.8');
      await vi.advanceTimersByTimeAsync(10);
      modem.servers.clear();
      modem.on('+QFWDSTATE', () => ['ERROR']);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(owner.lost).toMatchObject([{ code: 'ECONNRESET' }]);
      expect(driver.connectionsOpen).toBe(0);
      expect(modem.clients.size).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what was fetched from a socket that is given up is kept, whatever comes then', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    for (let last = 2; last <= driver.limits.connections; last++) await port.send(data, peer(last));
    modem.waiting.set(100, ['kept']);
    let reads = 0;
    modem.on('+QFWDRECV=100', () => (reads++ === 1 ? ['+QFWDRECV: 7,0', 'OK'] : undefined));
    modem.say('+QFWDURC: "client/read",100');
    await port.send(data, peer(99));
    expect(await receiveAll(port)).toEqual(['192.0.2.1:7 kept']);
  });
});

describe('where URCs come', () => {
  test('one that is late proves the port that its socket was opened with', async () => {
    const { urcPort, ...record } = RECORD;
    const { modem, driver } = await playModem({ capabilities: record });
    modem.on('+QFWDCLIENT=', line => {
      const id = Number(line.split(',')[1]);
      modem.clients.set(id, `${id},"Active","udp","192.0.2.1",7,"10.0.0.1",5000,"usbat"`);
      return ['OK'];
    });
    await inNoTime(() => driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner()));
    modem.say('+QFWDURC: "client/open",100,0');
    await vi.waitFor(() => expect(driver.capabilities).toHaveProperty('urcPort'));
    expect(driver.capabilities).toMatchObject({ urcPort: 'usbat' });
  });

  test('a late word about a server that was given up is not taken for the next one', async () => {
    const { modem, driver } = await playModem();
    modem.on('+QFWDSEVER=', () => {
      modem.servers.add(100);
      setImmediate(() => modem.say('+QFWDURC: "server/open",100,0'));
      return ['OK', '+QFWDURC: "server/open",177,0'];
    });
    const port = await driver.openUdp({ family: 4, port: 2020 }, new Owner());
    modem.call(100, 2, '192.0.2.8', 'hello');
    await vi.waitFor(async () => expect(await receiveAll(port)).toEqual(['192.0.2.8:4000 hello']));
  });
});

describe('a send whose count is lost', () => {
  test.each(['binary', 'hex'])(
    '%s, which is proven: the connection is over, and nothing is doubled',
    async payload => {
      const { modem, driver } = await playModem({ capabilities: { ...RECORD, payload } });
      const port = await driver.openTcp(peer(1), new Owner());
      modem.take = () => undefined;
      await expect(port.send(data)).rejects.toMatchObject({ code: 'EIO' });
      await expect(port.send(data)).rejects.toMatchObject({ code: 'EIO' });
      expect(modem.count('+QFWDSEND')).toBe(1);
      expect(driver.capabilities).toMatchObject({ payload });
    },
  );
});

test('refusals of a module that has room: not tried for ever', async () => {
  const { modem, driver } = await playModem();
  const port = await driver.openTcp(peer(1), new Owner());
  modem.on('+QFWDSEND', () => ['ERROR']);
  await expect(inNoTime(() => port.send(data))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(modem.count('+QFWDSEND')).toBeLessThan(100);
});

test('a hex payload whose end is lost is cancelled, and the line lives', async () => {
  const { modem, driver, at } = await playModem({ encoding: 'hex' });
  const port = await driver.openTcp(peer(1), new Owner());
  modem.loseEnd = true;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const sending = expect(port.send(data)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await vi.advanceTimersByTimeAsync(30_000);
  vi.useRealTimers();
  await sending;
  await at.send('AT');
  expect(modem.sent).toEqual([]);
  expect(await driver.openTcp(peer(2), new Owner())).toBeDefined();
});
