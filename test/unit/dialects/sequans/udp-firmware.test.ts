/** UDP ports of the Sequans driver where firmware can less than the documents say, or refuses, against a played modem. */
import { describe, expect, test, vi } from 'vitest';
import { inNoTime } from '../../../support/in-no-time.ts';
import { Owner, openUdp, type PlayedModem, peer, playModem } from './played-modem.ts';

const data = Buffer.from('hello');
const FROM_1 = ',"192.0.2.1",7';

const dials = (modem: PlayedModem): string[] => modem.heard.filter(line => line.startsWith('+SQNSD='));

describe('connections for any remote', () => {
  test('are not known: one for each peer, and never tried again', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSD=', line => (line.endsWith(',2') ? ['+CME ERROR: 50'] : undefined));
    const { port } = await openUdp(driver, peer(1));
    await port.send(data, peer(1));
    await port.send(data, peer(2));
    await openUdp(driver, peer(3));
    expect(dials(modem).filter(line => line.endsWith(',2'))).toHaveLength(1);
    expect(modem.sent.map(({ peer: to }) => to)).toEqual(['192.0.2.1:7', '192.0.2.2:7']);
  });

  test('are refused for another reason: the open fails with it, and nothing else is tried', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSD=', () => ['+CME ERROR: 30']);
    await expect(openUdp(driver, peer(1))).rejects.toMatchObject({ code: 'ENETUNREACH' });
    expect(dials(modem)).toHaveLength(1);
    expect(driver.connectionsOpen).toBe(0);
  });

  test('take no address in any form: from then on each peer has its own', async () => {
    const { modem, driver } = await playModem(2);
    const { port } = await openUdp(driver, peer(1));
    modem.on('+SQNSSENDEXT', line => (line.split(',').length > 2 ? ['ERROR'] : undefined));
    await port.send(data, peer(2));
    await port.send(data, peer(2));
    expect(modem.sent).toMatchObject([{ peer: '192.0.2.2:7' }, { peer: '192.0.2.2:7' }]);
    // Quoted, bare, then none of both again.
    expect(modem.heard.filter(line => line.startsWith('+SQNSSENDEXT=1,5,'))).toHaveLength(2);
  });

  test('a send that fails for another reason is not tried in another form', async () => {
    const { modem, driver } = await playModem(2);
    const { port } = await openUdp(driver, peer(1));
    modem.on('+SQNSS', () => ['+SQNSS: 1,0', 'OK']);
    modem.on('+SQNSSENDEXT', () => ['+CME ERROR: 31']);
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(modem.count('+SQNSSENDEXT')).toBe(1);
  });

  test.each([
    ['dialled to a peer', 1],
    ['that hears anybody', undefined],
  ])(
    'that do not tell who sent what, %s: that datagram is dropped, and the port bound anew',
    async (_, last) => {
      const { modem, driver } = await playModem(2);
      const owner = await openUdp(driver, last === undefined ? undefined : peer(last));
      modem.give(1, ['from whom?']);
      modem.say('+SQNSRING: 1,10');
      await owner.told();
      await expect(owner.port.receive()).rejects.toMatchObject({ code: 'EIO' });
      expect(dials(modem).filter(line => line.endsWith(',2'))).toHaveLength(1);
      if (last === undefined) expect(modem.heard).toContain(`+SQNSLUDP=2,1,${owner.port.local.port}`);
      else expect(dials(modem).at(-1)).toBe('+SQNSD=2,1,7,"192.0.2.1",0,4000,1,0');
      modem.give(2, ['from 1']);
      modem.open.set(2, '192.0.2.1:7');
      modem.say('+SQNSRING: 2,6');
      await vi.waitFor(async () => expect(await owner.receiveAll()).toEqual(['from 1']));
      expect(driver.connectionsOpen).toBeLessThanOrEqual(2);
    },
  );

  test('that do not tell who sent what, closed meanwhile: nothing is bound anew', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.give(1, ['from whom?']);
    modem.say('+SQNSRING: 1,10');
    await owner.told();
    let closing: Promise<void> | undefined;
    modem.on('+SQNSRECV=1', () => {
      modem.answers.shift();
      closing = owner.port.close();
      return undefined;
    });
    await expect(owner.port.receive()).rejects.toMatchObject({ code: 'EIO' });
    await closing;
    expect([dials(modem).length, driver.connectionsOpen]).toEqual([1, 0]);
  });

  test('two readers meet one of those: the port is bound anew once', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.give(1, ['one', 'two']);
    modem.say('+SQNSRING: 1,3', '+SQNSRING: 1,3');
    await owner.told();
    const reads = await Promise.allSettled([owner.port.receive(), owner.port.receive()]);
    expect(reads.map(({ status }) => status)).toContain('rejected');
    expect(driver.connectionsOpen).toBe(1);
    expect(dials(modem)).toHaveLength(2);
  });
});

describe('a local port number', () => {
  test('that no second connection may have: peers see another one, and it is not tried again', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1), 4000);
    modem.on('+SQNSD=', line => (line.includes(',0,4000,') ? ['ERROR'] : undefined));
    for (const last of [2, 3]) await port.send(data, peer(last));
    expect(dials(modem).map(line => line.split(',')[5])).toEqual(['4000', '4000', '0', '0']);
  });

  test('with which nothing else is wrong but the peer: its failure is the one told', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1), 4000);
    modem.on('+SQNSD=', () => ['ERROR']);
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ENETUNREACH' });
    expect(dials(modem).map(line => line.split(',')[5])).toEqual(['4000', '4000', '0']);
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ENETUNREACH' });
    expect(dials(modem)).toHaveLength(5);
  });

  test('a second peer without answer: ETIMEDOUT, and no other number is tried', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { modem, driver } = await playModem(1);
      const { port } = await openUdp(driver, peer(1), 4000);
      modem.on('+SQNSD=', []);
      const sent = expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await vi.waitFor(() => expect(dials(modem)).toHaveLength(2));
      await vi.advanceTimersByTimeAsync(45_000);
      await sent;
      expect(dials(modem)).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test('that is taken, as another one shows: EADDRINUSE', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSD=', line => (line.includes(',0,4000,') ? ['+CME ERROR: 4'] : undefined));
    await expect(openUdp(driver, peer(1), 4000)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect([driver.connectionsOpen, modem.open.size]).toEqual([0, 0]);
  });

  test('that is not to blame, as another one shows', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSD=', () => ['+CME ERROR: 4']);
    await expect(openUdp(driver, peer(1), 4000)).rejects.toMatchObject({ code: 'ENETUNREACH' });
    expect(dials(modem)).toHaveLength(2);
  });

  test('to listen at, which is taken: EADDRINUSE after one try; any: after three', async () => {
    const { modem, driver } = await playModem(1);
    modem.on('+SQNSLUDP', () => ['+CME ERROR: 4']);
    await expect(openUdp(driver, undefined, 4000)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(modem.count('+SQNSLUDP')).toBe(1);
    await expect(openUdp(driver)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(modem.count('+SQNSLUDP')).toBe(4);
  });

  test('to listen at, any of which the first is taken', async () => {
    const { modem, driver } = await playModem(1);
    modem.on('+SQNSLUDP', ['+CME ERROR: 4']);
    await openUdp(driver);
    expect(modem.count('+SQNSLUDP')).toBe(2);
  });

  test('to listen at, without answer: ETIMEDOUT, which says nothing about the number', async () => {
    const { modem, driver } = await playModem(1);
    modem.on('+SQNSLUDP', []);
    await expect(openUdp(driver)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('for IPv6', async () => {
    const { modem, driver } = await playModem(1);
    const port = await driver.openUdp({ family: 6, port: 4000 }, new Owner());
    expect(modem.heard).toContain('+SQNSLUDP=1,2,4000');
    await port.close();
  });
});

describe('sending', () => {
  test('a prompt that is refused once is asked for again', async () => {
    const { modem, driver } = await playModem(2);
    const { port } = await openUdp(driver, peer(1));
    modem.on('+SQNSSENDEXT', ['+CME ERROR: 4']);
    await port.send(data, peer(1));
    expect(modem.sent).toHaveLength(1);
    expect(modem.count('+SQNSSENDEXT')).toBe(2);
  });

  test('a prompt that is refused again and again: ENOBUFS', async () => {
    const { modem, driver } = await playModem(2);
    const { port } = await openUdp(driver, peer(1));
    modem.on('+SQNSSENDEXT', () => ['+CME ERROR: 4']);
    await expect(inNoTime(() => port.send(data, peer(1)))).rejects.toMatchObject({ code: 'ENOBUFS' });
    expect(modem.count('+SQNSSENDEXT')).toBe(4);
  });

  test('two datagrams to a new peer at once share one connection', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    await Promise.all([port.send(data, peer(2)), port.send(data, peer(2))]);
    expect(dials(modem)).toHaveLength(2);
    expect(modem.sent).toHaveLength(2);
  });

  test('to a new peer while the port is closed: ENOTCONN, and nothing stays open', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    const closing = port.close();
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ENOTCONN' });
    await closing;
    expect([dials(modem).length, modem.open.size]).toEqual([1, 0]);
  });

  test('from a port that waits for callers: the peer gets a connection of its own', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, undefined, 4000);
    await port.send(data, peer(1));
    expect(modem.sent).toMatchObject([{ id: 2, peer: '192.0.2.1:7' }]);
    expect(dials(modem)).toEqual(['+SQNSD=2,1,7,"192.0.2.1",0,4000,1,0']);
  });

  test('in a pause the connection is closed: ENETDOWN, and nothing is written', async () => {
    const { modem, driver } = await playModem(2);
    const { port } = await openUdp(driver, peer(1));
    modem.on('+SQNSSENDEXT', () => ['+CME ERROR: 4']);
    const sent = expect(port.send(data, peer(1))).rejects.toMatchObject({ code: 'ENETDOWN' });
    await vi.waitFor(() => expect(modem.heard.at(-1)).toBe('+SQNSS'));
    await port.close();
    modem.heard.length = 0;
    await sent;
    expect(modem.heard).toEqual([]);
  });

  test('from a port whose connections are all at work none is given up', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    for (const last of [2, 3, 4, 5, 6]) await port.send(data, peer(last));
    modem.on('+SQNSSENDEXT', () => []);
    const busy = [1, 2, 3, 4, 5, 6].map(last => port.send(data, peer(last)).catch(error => error.code));
    await expect(openUdp(driver, peer(9))).rejects.toMatchObject({ code: 'EMFILE' });
    await driver.close();
    await Promise.all(busy);
  });
});

describe('the end of a connection', () => {
  test('the only one: the owner hears ECONNRESET, and the port is over', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.open.delete(1);
    modem.say('+SQNSH: 1');
    await owner.told();
    expect(owner.lost).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(driver.connectionsOpen).toBe(0);
    await driver.close();
    expect(owner.lost).toHaveLength(1);
  });

  test('of one peer among several: the port lives', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver, peer(1));
    await owner.port.send(data, peer(2));
    modem.open.delete(2);
    modem.say('+SQNSH: 2', '+SQNSH: 2', '+SQNSH: 2');
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(1));
    expect(owner.lost).toEqual([]);
  });

  test('that is being given up: the port lives', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver, peer(1));
    for (const last of [2, 3, 4, 5, 6]) await owner.port.send(data, peer(last));
    modem.say('+SQNSRING: 1,5', '+SQNSRING: 1,5');
    await owner.told();
    modem.on('+SQNSRECV=1', () => {
      modem.answers.shift();
      modem.open.delete(1);
      modem.raw('\r\n+SQNSRECV: 1,4\r\nlast\r\n');
      return ['+SQNSH: 1', 'OK'];
    });
    await owner.port.send(data, peer(7));
    expect(modem.sent.at(-1)?.peer).toBe('192.0.2.7:7');
    expect(await owner.receiveAll()).toEqual(['last']);
    expect(owner.lost).toEqual([]);
  });

  test('while the port is being closed is no news', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver, peer(1));
    let closing: Promise<void> | undefined;
    modem.on('+SQNSD=', () => {
      modem.answers.shift();
      closing = owner.port.close();
      modem.open.delete(1);
      modem.open.set(2, '192.0.2.2:7');
      return ['+SQNSH: 1', 'OK'];
    });
    await owner.port.send(data, peer(2)).catch(() => {});
    await closing;
    expect(owner.lost).toEqual([]);
    expect([driver.connectionsOpen, modem.open.size]).toEqual([0, 0]);
  });

  test('that no URC has told, and data that none has told of, are found by a look at the table', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { modem, driver } = await playModem(2);
      const owner = await openUdp(driver, peer(1));
      modem.give(1, ['hello'], FROM_1);
      modem.on('+SQNSS', () => ['+SQNSS: 1,3', '+SQNSS: 4,2', 'OK']);
      await vi.advanceTimersByTimeAsync(6_000);
      // Rung is rung: the second look tells nothing new.
      await vi.advanceTimersByTimeAsync(6_000);
      await vi.waitFor(() => expect(modem.count('+SQNSS')).toBeGreaterThan(2));
      expect(await owner.receiveAll()).toEqual(['hello']);
      expect(modem.count('+SQNSRECV')).toBe(1);
      modem.on('+SQNSS', () => ['+SQNSS: 1,0', 'OK']);
      await vi.advanceTimersByTimeAsync(6_000);
      await vi.waitFor(() => expect(owner.lost).toMatchObject([{ code: 'ECONNRESET' }]));
    } finally {
      vi.useRealTimers();
    }
  });

  test('the line goes while a datagram is read: the owner hears it once, by closed()', async () => {
    const { modem, driver, at } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.on('+SQNSRECV', () => {
      modem.hangUp();
      return [];
    });
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.port.receive()).toBeUndefined();
    await at.closed;
    await owner.told();
    expect(owner.lost).toMatchObject([{ code: 'ENETDOWN' }]);
  });
});

describe('callers on older firmware', () => {
  test('whom the modem has no word of yet are asked for again', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    modem.on('+SQNSS', ['+SQNSS: 1,4', 'OK']);
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.receiveAll()).toEqual([]);
    modem.give(1, ['hello']);
    modem.open.set(1, '192.0.2.9:9');
    modem.say('+SQNSRING: 1,5');
    await vi.waitFor(async () => expect(await owner.receiveAll()).toEqual(['hello']));
  });

  test('who ring while an earlier one is accepted are not read before it is known who they are', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    modem.open.set(1, '192.0.2.8:8');
    modem.on('+SQNSLUDP', () => {
      modem.answers.shift();
      modem.open.set(2, '192.0.2.9:9');
      modem.give(2, ['hello']);
      return ['OK', '+SQNSRING: 2,5'];
    });
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.receiveAll()).toEqual([]);
    await owner.told();
    expect(await owner.port.receive()).toMatchObject({ remote: { address: '192.0.2.9', port: 9 } });
  });

  test('who must be accepted are', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    modem.on('+SQNSS', ['+SQNSS: 1,5,"10.0.0.1",4000,"192.0.2.9",9', 'OK']);
    modem.give(1, ['hello']);
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['hello']);
    expect(modem.heard).toContain('+SQNSA=1,1');
    expect(modem.count('+SQNSLUDP')).toBe(2);
  });

  test('whose data make no sense: EIO, and the port waits for others', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    modem.open.set(1, '192.0.2.9:9');
    modem.give(1, ['hello']);
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['hello']);
    modem.on('+SQNSRECV=1', ['+SQNSRECV: 9,0', 'OK']);
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    await expect(owner.port.receive()).rejects.toMatchObject({ code: 'EIO' });
    expect(driver.connectionsOpen).toBe(2);
  });

  test('who cannot be accepted: EIO, and the port lives', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    modem.on('+SQNSS', ['+SQNSS: 1,5,"10.0.0.1",4000,"192.0.2.9",9', 'OK']);
    modem.on('+SQNSA', ['ERROR']);
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    await expect(owner.port.receive()).rejects.toMatchObject({ code: 'EIO' });
    expect(owner.lost).toEqual([]);
  });

  test('take the last id: the next look after one came free waits for callers again', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    const others = await Promise.all([2, 3, 4, 5, 6].map(last => openUdp(driver, peer(last))));
    modem.open.set(1, '192.0.2.9:9');
    modem.give(1, ['hello']);
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['hello']);
    expect(await owner.receiveAll()).toEqual([]);
    expect(modem.count('+SQNSLUDP')).toBe(1);
    await others[0]?.port.close();
    expect(await owner.receiveAll()).toEqual([]);
    expect(modem.count('+SQNSLUDP')).toBe(2);
  });

  test('are waited for at the id of a silent peer where all are taken', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    for (const last of [2, 3, 4, 5, 6]) await port.send(data, peer(last));
    await openUdp(driver, undefined, 4000);
    expect(modem.heard).toContain('+SQNSLUDP=1,1,4000');
  });
});
