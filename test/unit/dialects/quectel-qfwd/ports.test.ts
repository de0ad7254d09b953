/** Ports of the QFWD driver at their end, when URCs get lost, and when all is taken: against a played module. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TcpPort, UdpPort } from '../../../../src/driver/port.ts';
import { inNoTime } from '../../../support/in-no-time.ts';
import { Owner, type PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const data = Buffer.from('hello');

const buffers = (unsent: number, room: number, unread: number) => () => [
  `+QFWDACK: 100,${unsent},${room},10240,${unread},10240,10240`,
  'OK',
];

async function dial(options: Parameters<typeof playModem>[0] = {}) {
  const played = await playModem(options);
  const owner = new Owner();
  return { ...played, owner, port: await played.driver.openTcp(peer(1), owner) };
}

async function bindUdp(remote = false) {
  const played = await playModem();
  const owner = new Owner();
  const binding = remote ? { port: 0, remote: peer(1) } : { port: 2020 };
  return { ...played, owner, port: await played.driver.openUdp({ family: 4, ...binding }, owner) };
}

async function texts(port: UdpPort): Promise<string[]> {
  const all: string[] = [];
  for (let next = await port.receive(); next; next = await port.receive())
    all.push(`${next.remote.address}:${next.remote.port} ${next.data}`);
  return all;
}

describe('a TCP connection', () => {
  test('whose peer took not everything yet: drained() waits for it, and asks no more once it did', async () => {
    const { modem, port } = await dial();
    await port.drained();
    await port.send(data);
    let left = 3;
    modem.on('+QFWDACK', () => buffers(--left, 10_240, 0)());
    const asked = modem.count('+QFWDACK');
    await inNoTime(() => port.drained());
    await port.drained();
    expect(modem.count('+QFWDACK') - asked).toBe(3);
  });

  test('whose peer never takes it: drained() gives up after half a minute', async () => {
    const { modem, port } = await dial();
    await port.send(data);
    modem.on('+QFWDACK', buffers(5, 10_235, 0));
    await inNoTime(() => port.drained());
    expect(modem.count('+QFWDACK')).toBeGreaterThan(10);
  });

  test('that was closed has nothing to drain, and neither has one whose module does not tell', async () => {
    const { modem, port } = await dial();
    await port.send(data);
    modem.on('+QFWDACK', () => ['ERROR']);
    await port.drained();
    await port.close();
    await port.drained();
    const { port: closed } = await dial();
    await closed.send(data);
    await closed.close();
    await closed.drained();
  });

  test('that the module does not answer for has nothing to drain', async () => {
    const { modem, port } = await dial();
    await port.send(data);
    modem.on('+QFWDACK', () => []);
    await port.drained();
    expect(modem.count('+QFWDACK')).toBeGreaterThan(0);
  });

  test('refused a send because it is gone, with nothing left to read: ECONNRESET', async () => {
    const { modem, port } = await dial();
    modem.once('+QFWDSEND', () => {
      modem.clients.clear();
      return ['ERROR'];
    });
    await expect(port.send(data)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('that has ended, with words to read: a send waits for its reader, who finds the reason', async () => {
    const { modem, port } = await dial();
    modem.on('+QFWDACK', buffers(0, 10_240, 3));
    modem.say('+QFWDURC: "client/close",100');
    const sent = expect(
      vi.waitFor(() => port.send(data).then(() => Promise.reject(new Error('too early')))),
    ).rejects.toMatchObject({ code: 'EIO' });
    await vi.waitFor(() => expect(modem.count('+QFWDACK')).toBeGreaterThan(1));
    modem.once('+QFWDRECV', ['+QFWDRECV: 7,0', 'OK']);
    await expect(port.receive(100)).rejects.toMatchObject({ code: 'EIO' });
    await sent;
    expect(modem.sent.length).toBeLessThan(2);
  });

  test('closed before a read has its turn: nothing is read in its name', async () => {
    const { modem, port, owner } = await dial();
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    let reading: Promise<unknown> = Promise.reject(new Error('not asked'));
    reading.catch(() => {});
    modem.once('+QFWDSEND', () => {
      reading = port.receive(100);
      void port.close();
      return undefined;
    });
    await port.send(data);
    expect(await reading).toBeUndefined();
    expect(modem.count('+QFWDRECV')).toBe(0);
  });

  test('with a buffer that the module does not tell of: a refusal is waited out', async () => {
    const { modem, port } = await dial();
    modem.on('+QFWDACK', () => ['ERROR']);
    let refusals = 0;
    modem.on('+QFWDSEND', () => (refusals++ < 2 ? ['ERROR'] : undefined));
    expect(await inNoTime(() => port.send(data))).toBe(5);
    expect(modem.sent).toHaveLength(1);
  });

  test('a refused read of a socket that is gone is the end, and one of a socket that is there is "empty"', async () => {
    const { modem, port } = await dial();
    modem.on('+QFWDRECV', () => ['ERROR']);
    modem.on('+QFWDACK=100,', () => ['ERROR']);
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(() => expect(modem.heard.length).toBeGreaterThan(0));
    await new Promise(setImmediate);
    expect(await port.receive(100)).toBeUndefined();
    modem.clients.clear();
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(async () => expect(await port.receive(100)).toBeNull());
  });
});

describe('a UDP port', () => {
  test('with a peer cannot choose its number', async () => {
    const { driver } = await playModem();
    const opening = driver.openUdp({ family: 4, port: 2020, remote: peer(1) }, new Owner());
    await expect(opening).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
    expect(driver.connectionsOpen).toBe(0);
  });

  test('closed by the module while it is being opened: ENETDOWN', async () => {
    const { modem, driver } = await playModem();
    let closing: Promise<void> | undefined;
    modem.once('+QFWDCLIENT?', () => {
      closing = driver.close();
      return undefined;
    });
    const opening = driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    await expect(opening).rejects.toMatchObject({ code: 'ENETDOWN' });
    await closing;
    expect([driver.connectionsOpen, modem.clients.size]).toEqual([0, 0]);
  });

  test('to a new peer while it is closed: ENOTCONN, and nothing stays open', async () => {
    const { modem, port } = await bindUdp(true);
    const closing = port.close();
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ENOTCONN' });
    await closing;
    expect(modem.clients.size).toBe(0);
  });

  test('two datagrams to a new peer at once share one socket', async () => {
    const { modem, port } = await bindUdp(true);
    await Promise.all([port.send(data, peer(2)), port.send(data, peer(2))]);
    expect(modem.clients.size).toBe(2);
    expect(modem.sent.map(({ id }) => id)).toEqual([101, 101]);
  });

  test('a reply that makes no sense is EIO, and nothing else is lost', async () => {
    const { modem, port, owner } = await bindUdp(true);
    modem.once('+QFWDRECV', ['+QFWDRECV: 7,0', 'OK']);
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    await expect(port.receive()).rejects.toMatchObject({ code: 'EIO' });
    modem.waiting.set(100, ['next']);
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(async () => expect(await texts(port)).toEqual(['192.0.2.1:7 next']));
  });

  test('the module restarts while a datagram is read: the owner hears it once, by closed()', async () => {
    const { modem, port, owner, at } = await bindUdp(true);
    modem.once('+QFWDRECV', () => {
      modem.say('RDY');
      return [];
    });
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    expect(await port.receive()).toBeUndefined();
    await at.closed;
    await vi.waitFor(() => expect(owner.lost).toMatchObject([{ code: 'ECONNRESET' }]));
  });

  test('does not tell its own place: the failure is the one of the question', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDCLIENT?', ['+QFWDCLIENT: nonsense', 'OK']);
    const opening = driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    await expect(opening).rejects.toMatchObject({ code: 'EIO' });
    expect(driver.connectionsOpen).toBe(0);
  });

  test('that sends to itself sees itself as the sender', async () => {
    const { modem, port, owner } = await bindUdp();
    const self = { address: '10.0.0.1', port: 2020, family: 4 } as const;
    await port.send(data, self);
    modem.clients.set(2, '2,"Income","udp","10.0.0.1",5000,"0.0.0.0",2020,"usbat"');
    modem.waiting.set(2, ['hello']);
    modem.say('+QFWDURC: "client/incoming",100,2,"10.0.0.1",5000,"0.0.0.0",2020');
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(0));
    expect(await texts(port)).toEqual(['10.0.0.1:2020 hello']);
    await port.send(data, { ...self, address: '192.0.2.7' });
    expect(modem.sent).toHaveLength(2);
  });

  test('keeps the sockets of 32 callers; of those that are idle the oldest goes', async () => {
    const { modem, port, owner } = await bindUdp();
    const call = async (id: number): Promise<void> => {
      const { rings } = owner;
      modem.call(100, id, `192.0.2.${id}`, `from ${id}`);
      await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(rings));
      expect(await texts(port)).toEqual([`192.0.2.${id}:4000 from ${id}`]);
    };
    for (let id = 2; id <= 33; id++) await call(id);
    expect(modem.clients.size).toBe(32);
    await call(34);
    await vi.waitFor(() => expect(modem.clients.has(2)).toBe(false));
    expect(modem.clients.size).toBe(32);
  });

  test('whose only caller is given up for somebody else: what it said is kept', async () => {
    const { modem, driver, port } = await bindUdp();
    modem.call(100, 2, '192.0.2.8', 'kept');
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(2));
    modem.on('+QFWDCLIENT=', () => (modem.clients.size > 0 ? ['ERROR'] : undefined));
    await driver.openTcp(peer(1), new Owner());
    expect(modem.clients.has(2)).toBe(false);
    expect(await texts(port)).toEqual(['192.0.2.8:4000 kept']);
  });

  test('does not give up callers of whom something waits', async () => {
    const { modem, driver, port } = await bindUdp();
    for (let id = 1; id <= 34; id++) modem.call(100, id, `192.0.2.${id}`, `from ${id}`);
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(35));
    expect(await texts(port)).toHaveLength(34);
  });

  test('with one peer only has none to spare: EMFILE', async () => {
    const { modem, driver } = await bindUdp(true);
    modem.on('+QFWDCLIENT=', () => ['ERROR']);
    await expect(driver.openTcp(peer(2), new Owner())).rejects.toMatchObject({ code: 'EMFILE' });
    expect(modem.clients.size).toBe(1);
  });
});

describe('what no URC has told is found by a look', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  const silence = (): Promise<unknown> => vi.advanceTimersByTimeAsync(7_000);

  /** Firmware that does not tell whom a server has accepted. */
  const hideCallers = (modem: PlayedModem): void => {
    for (const name of ['+QFWDSTATE', '+QFWDSSSTATE']) modem.on(name, () => ['ERROR']);
  };

  test('data', async () => {
    const { modem, port, owner } = await dial();
    modem.waiting.set(100, ['hello']);
    modem.once('+QFWDACK', buffers(0, 10_240, 5));
    await silence();
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(0));
    expect(String(await port.receive(100))).toBe('hello');
    expect(await port.receive(100)).toBeUndefined();
  });

  test('data, within a second, of a module that is known to announce nothing', async () => {
    const { modem, owner } = await dial({ capabilities: { ...RECORD, urcPort: 'none' } });
    modem.once('+QFWDACK', buffers(0, 10_240, 5));
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(0));
  });

  test('data that nothing has announced, and more within a second: nothing ever was announced', async () => {
    const { modem, port, owner } = await dial();
    const asked = modem.count('+QFWDACK');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(modem.count('+QFWDACK')).toBe(asked);
    modem.waiting.set(100, ['one']);
    modem.once('+QFWDACK', buffers(0, 10_240, 3));
    await silence();
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    expect(String(await port.receive(100))).toBe('one');
    expect(await port.receive(100)).toBeUndefined();
    modem.once('+QFWDACK', buffers(0, 10_240, 3));
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(owner.rings).toBe(2));
  });

  test('data again, of a module that does announce them: one URC was lost, and it is not asked more often', async () => {
    const { modem, port, owner } = await dial();
    modem.waiting.set(100, ['one']);
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    expect(String(await port.receive(100))).toBe('one');
    expect(await port.receive(100)).toBeUndefined();
    modem.waiting.set(100, ['two']);
    modem.once('+QFWDACK', buffers(0, 10_240, 3));
    await silence();
    await vi.waitFor(() => expect(owner.rings).toBe(2));
    expect(String(await port.receive(100))).toBe('two');
    expect(await port.receive(100)).toBeUndefined();
    const asked = modem.count('+QFWDACK');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(modem.count('+QFWDACK')).toBe(asked);
  });

  test('the end, in the table where the buffers are not told', async () => {
    const { modem, port, owner } = await dial();
    modem.on('+QFWDACK', () => ['ERROR']);
    await silence();
    await vi.waitFor(() => expect(modem.count('+QFWDCLIENT?')).toBeGreaterThan(1));
    expect(owner.rings).toBe(0);
    modem.clients.clear();
    await silence();
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(0));
    expect(await port.receive(100)).toBeNull();
  });

  test('nothing, where neither buffers nor table are told: it counts as open', async () => {
    const { modem, owner } = await dial();
    modem.on('+QFWDACK', () => ['ERROR']);
    modem.on('+QFWDCLIENT?', () => ['ERROR']);
    await silence();
    await vi.waitFor(() => expect(modem.count('+QFWDCLIENT?')).toBeGreaterThan(1));
    expect(owner.rings).toBe(0);
  });

  test('that a listener is served no more: its owner hears it once', async () => {
    const { modem, driver } = await playModem();
    const lost: (Error | undefined)[] = [];
    const events = { connection: () => new Owner(), closed: (error?: Error) => lost.push(error) };
    await driver.listenTcp({ family: 4, port: 2020 }, events);
    modem.servers.clear();
    hideCallers(modem);
    await silence();
    await vi.waitFor(() => expect(lost).toMatchObject([{ code: 'ENETDOWN' }]));
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(0));
    await silence();
    expect(lost).toHaveLength(1);
  });

  test('that a server listens still, though it cannot be asked for its callers', async () => {
    const { modem, owner } = await bindUdp();
    hideCallers(modem);
    await silence();
    await vi.waitFor(() => expect(modem.count('+QFWDSEVER?')).toBeGreaterThan(0));
    expect(owner.lost).toEqual([]);
  });

  test('that the port of URCs cannot be asked for: callers are served all the same', async () => {
    const { modem, port } = await bindUdp();
    modem.on('+QFWDCFG', () => ['ERROR']);
    modem.call(100, 2, '192.0.2.8', 'a call');
    await vi.waitFor(async () => expect(await texts(port)).toEqual(['192.0.2.8:4000 a call']));
  });

  test('callers, each once', async () => {
    const { modem, driver } = await playModem();
    const callers: TcpPort[] = [];
    const connection = (port: TcpPort): Owner => {
      callers.push(port);
      return new Owner();
    };
    await driver.listenTcp({ family: 4, port: 2020 }, { connection, closed: () => {} });
    modem.clients.set(2, '2,"Income","tcp","192.0.2.8",4000,"0.0.0.0",2020,"usbat"');
    modem.on('+QFWDSTATE', () => ['+QFWDSTATE: 100,2,"192.0.2.8",4000', 'OK']);
    await silence();
    await vi.waitFor(() => expect(callers).toHaveLength(1));
    modem.say('+QFWDURC: "client/incoming",100,2,"192.0.2.8",4000,"0.0.0.0",2020');
    await silence();
    await vi.waitFor(() => expect(modem.count('+QFWDSTATE')).toBeGreaterThan(1));
    expect(callers.map(({ remote }) => remote)).toEqual([{ address: '192.0.2.8', port: 4_000, family: 4 }]);
  });

  test('the end of a port that is closed at that moment: told once', async () => {
    const { modem, driver, owner } = await bindUdp();
    hideCallers(modem);
    modem.on('+QFWDSEVER?', () => {
      void driver.close();
      return ['OK'];
    });
    await silence();
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(0));
    expect(owner.lost).toEqual([undefined]);
  });
});
