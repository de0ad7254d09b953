/** UDP ports of the Sequans driver where things go wrong at the worst moment, against a played modem. */
import { describe, expect, test, vi } from 'vitest';
import { Owner, openUdp, peer, playModem } from './played-modem.ts';

const data = Buffer.from('hello');
const FROM_1 = ',"192.0.2.1",7';

describe('hang-ups', () => {
  test.each([
    ['before it is dialled', '+SQNSCFG='],
    ['before the answer to the dial', '+SQNSD='],
    ['before its state is known', '+SQNSS'],
  ])('a late word about an earlier connection of the same id, %s, closes nothing', async (_, when) => {
    const { modem, driver } = await playModem(2);
    modem.on(when, () => {
      modem.answers.length = 0;
      modem.say('+SQNSH: 1');
      return undefined;
    });
    const owner = await openUdp(driver, peer(1));
    await vi.waitFor(() => expect(modem.count('+SQNSS')).toBe(2));
    await owner.port.send(data, peer(1));
    expect(owner.lost).toEqual([]);
    expect(driver.connectionsOpen).toBe(1);
    await owner.port.close();
    expect(modem.open.size).toBe(0);
  });

  test('a dial that fails with a hang-up is one failure, and its owner hears no other', async () => {
    const { modem, driver } = await playModem(1);
    modem.on('+SQNSD=', () => {
      modem.say('+SQNSH: 1');
      return ['NO CARRIER'];
    });
    const owner = new Owner();
    const opening = driver.openUdp({ family: 4, port: 0, remote: peer(1) }, owner);
    await expect(opening).rejects.toMatchObject({ code: 'ENETUNREACH' });
    expect(owner.early).toBe(0);
    expect(driver.connectionsOpen).toBe(0);
  });

  test('of a connection that was just closed, and of ids that nobody has, is no matter', async () => {
    const { modem, driver } = await playModem(2);
    const [one, two] = [await openUdp(driver, peer(1)), await openUdp(driver, peer(2))];
    await one.port.close();
    for (const id of ['1', '6', '0', '99', '-1', '007', '9'.repeat(40), '', '"2"'])
      modem.say(`+SQNSH: ${id}`, `+SQNSRING: ${id}`, `+SQNSRING: ${id},5`);
    await two.port.send(data, peer(2));
    expect(two.lost).toEqual([]);
    expect(modem.count('+SQNSRECV')).toBe(0);
  });

  test('that nobody can confirm closes nothing', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    let nonsense = 2;
    modem.on('+SQNSS', line =>
      /^\+SQNSS\??$/.test(line) && nonsense-- > 0 ? ['+SQNSS: nonsense', 'OK'] : undefined,
    );
    modem.say('+SQNSH: 1');
    await owner.port.send(data, peer(1));
    await vi.waitFor(() => expect(modem.count('+SQNSS')).toBeGreaterThan(1));
    await owner.port.send(data, peer(1));
    expect(owner.lost).toEqual([]);
  });

  test('never said: the refusal of a send finds out, and the next send dials again', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    await port.send(data, peer(2));
    modem.open.delete(2);
    await expect(port.send(data, peer(2))).rejects.toMatchObject({ code: 'ENETDOWN' });
    await port.send(Buffer.from('again'), peer(2));
    expect(modem.sent.at(-1)).toMatchObject({ peer: '192.0.2.2:7', text: 'again' });
    expect(driver.connectionsOpen).toBe(2);
  });
});

describe('nothing goes to a wrong peer', () => {
  test('a send that was refused is not repeated on an id that now belongs to another', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    await port.send(data, peer(2));
    for (const last of [3, 4, 5, 6]) await openUdp(driver, peer(last));
    modem.on('+SQNSSENDEXT=2', ['+CME ERROR: 4']);
    const sending = port.send(Buffer.from('secret'), peer(2));
    const failed = expect(sending).rejects.toMatchObject({ code: 'ENETDOWN' });
    await vi.waitFor(() => expect(modem.heard.at(-1)).toBe('+SQNSS'));
    modem.open.delete(2);
    modem.say('+SQNSH: 2');
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(5));
    await openUdp(driver, peer(66));
    expect(modem.open.get(2)).toBe('192.0.2.66:7');
    await failed;
    expect(modem.sent.map(({ text }) => text)).toEqual(['hello']);
  });

  test('an id is given up to another port in the moment in which it is to send', async () => {
    const { modem, driver } = await playModem(1);
    const [one, two] = [await openUdp(driver, peer(1)), await openUdp(driver, peer(11))];
    for (const last of [2, 3, 4, 5]) await one.port.send(data, peer(last));
    modem.sent.length = 0;
    await Promise.all([
      one.port.send(Buffer.from('1'), peer(1)),
      two.port.send(Buffer.from('12'), peer(12)),
      one.port.send(Buffer.from('2'), peer(2)),
      two.port.send(Buffer.from('13'), peer(13)),
    ]);
    expect(modem.sent.map(({ peer: to }) => to).sort()).toEqual(
      modem.sent.map(({ text }) => `192.0.2.${text}:7`).sort(),
    );
    expect(modem.sent).toHaveLength(4);
  });

  test('data pushed by a connection for any remote have no sender, so they are not delivered', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.say('+SQNSRING: 1,5,hello');
    await owner.told();
    expect(await owner.receiveAll()).toEqual([]);
  });
});

describe('opening', () => {
  test('what rings before openUdp has returned is told afterwards', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSD=', () => {
      modem.answers.length = 0;
      modem.open.set(1, '192.0.2.1:7');
      modem.give(1, ['early'], FROM_1);
      return ['OK', '+SQNSRING: 1,5'];
    });
    const owner = await openUdp(driver, peer(1));
    expect(owner.early).toBe(0);
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['early']);
  });

  test('what is pushed before openUdp has returned, too, up to the longest', async () => {
    const { modem, driver } = await playModem(1);
    const longest = 'x'.repeat(1_500);
    modem.on('+SQNSD=', () => {
      modem.answers.length = 0;
      modem.open.set(1, '192.0.2.1:7');
      return ['OK', `+SQNSRING: 1,1500,${longest}`];
    });
    const owner = await openUdp(driver, peer(1));
    expect(owner.early).toBe(0);
    await owner.told();
    expect(await owner.receiveAll()).toEqual([longest]);
    expect(modem.count('+SQNSRECV')).toBe(0);
  });

  test('nothing is told where nothing has rung', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver, peer(1));
    await owner.port.send(data, peer(1));
    expect(owner.rings).toBe(0);
    expect(modem.count('+SQNSRECV')).toBe(0);
  });

  test('the driver is closed meanwhile: the open fails, and nothing stays open', async () => {
    const { modem, driver } = await playModem(2);
    const closing = new Promise<void>(resolve =>
      modem.on('+SQNSD=', () => {
        modem.answers.length = 0;
        resolve(driver.close());
        return undefined;
      }),
    );
    const owner = new Owner();
    const opening = driver.openUdp({ family: 4, port: 0, remote: peer(1) }, owner);
    await expect(opening).rejects.toMatchObject({ code: 'ENETDOWN' });
    await closing;
    expect(modem.open.size).toBe(0);
    expect(driver.connectionsOpen).toBe(0);
    expect(owner.early).toBe(0);
  });
});

describe('peers in turn on older firmware', () => {
  test('what cannot be read from the one that is given up costs neither the id nor the send', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver, peer(1));
    for (const last of [2, 3, 4, 5, 6]) await owner.port.send(data, peer(last));
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    modem.on('+SQNSRECV=1', ['+SQNSRECV: 9,0', 'OK']);
    await owner.port.send(data, peer(7));
    expect([...modem.open.values()]).not.toContain('192.0.2.1:7');
    await owner.port.close();
    expect(modem.open.size).toBe(0);
    expect(driver.connectionsOpen).toBe(0);
  });

  test('the one that was silent longest goes, not the one that only talks (deviation one-peer-connections)', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver, peer(1));
    for (const last of [2, 3, 4, 5, 6]) await owner.port.send(data, peer(last));
    modem.give(1, ['I am here']);
    modem.say('+SQNSRING: 1,9');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['I am here']);
    await owner.port.send(data, peer(7));
    expect([...modem.open.values()]).toContain('192.0.2.1:7');
    expect([...modem.open.values()]).not.toContain('192.0.2.2:7');
  });

  test('of those that never heard anything, the one that was used least lately goes', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    for (const last of [2, 3, 4, 5, 6, 2, 1]) await port.send(data, peer(last));
    await openUdp(driver, peer(7));
    expect([...modem.open.values()]).not.toContain('192.0.2.3:7');
    expect([...modem.open.values()]).toContain('192.0.2.1:7');
  });

  test('a datagram whose turn to be dialled for comes when the driver is closed: ENETDOWN', async () => {
    const { modem, driver } = await playModem(1);
    const { port } = await openUdp(driver, peer(1));
    const sends = Promise.allSettled([peer(2), peer(3)].map(to => port.send(data, to)));
    await driver.close();
    const [, waited] = await sends;
    expect(waited).toMatchObject({ status: 'rejected', reason: { code: 'ENETDOWN' } });
    expect(modem.open.size).toBe(0);
  });

  test('a port that cannot listen again still hears those who called', async () => {
    const { modem, driver } = await playModem(1);
    const owner = await openUdp(driver);
    modem.on('+SQNSLUDP', () => ['+CME ERROR: 4']);
    modem.open.set(1, '192.0.2.9:9');
    modem.give(1, ['one', 'two', 'three']);
    modem.say('+SQNSRING: 1,3', '+SQNSRING: 1,3', '+SQNSRING: 1,5');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['one', 'two', 'three']);
  });

  test('the line goes while a caller is accepted: the owner hears it once', async () => {
    const { modem, driver, at } = await playModem(1);
    const owner = await openUdp(driver);
    modem.on('+SQNSS', () => {
      modem.hangUp();
      return [];
    });
    modem.say('+SQNSRING: 1');
    await owner.told();
    expect(await owner.receiveAll()).toEqual([]);
    await at.closed;
    await owner.told();
    expect(owner.lost).toMatchObject([{ code: 'ENETDOWN' }]);
  });
});

describe('reading', () => {
  test('firmware without counters that rings only once is read until it is empty', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.on('+SQNSI', () => ['ERROR']);
    modem.give(1, ['one', 'two', 'three'], FROM_1);
    modem.say('+SQNSRING: 1,3');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['one', 'two', 'three']);
  });

  test('a thousand false rings cost one read', async () => {
    const { modem, driver } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.say(...Array.from({ length: 1_000 }, () => '+SQNSRING: 1,3'));
    // An answer behind them: all have been heard.
    await owner.port.send(data, peer(1));
    expect(await owner.receiveAll()).toEqual([]);
    expect(modem.count('+SQNSRECV')).toBe(1);
  });

  test('pushed data in hex are bytes', async () => {
    const { modem, driver } = await playModem(1, { encoding: 'hex' });
    const owner = await openUdp(driver, peer(1));
    modem.say('+SQNSRING: 1,5,68656C6C6F');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['hello']);
  });

  test.each([
    [['+SQNSRECV: 1,-1', 'OK']],
    [['+SQNSRECV: 1,1501', 'OK']],
    [[`+SQNSRECV: 1,${'9'.repeat(40)}`, 'OK']],
    [['+SQNSRECV: 2,0', 'OK']],
    [['+SQNSRECV: 1', 'OK']],
    [['+SQNSRECV:', 'OK']],
    [['OK']],
  ])('a reply that makes no sense, %j, is EIO and nothing else is lost', async reply => {
    const { modem, driver, at } = await playModem(2);
    const owner = await openUdp(driver, peer(1));
    modem.on('+SQNSRECV', reply);
    modem.say('+SQNSRING: 1,3');
    await owner.told();
    await expect(owner.receiveAll()).rejects.toMatchObject({ code: 'EIO' });
    modem.give(1, ['next'], FROM_1);
    modem.say('+SQNSRING: 1,4');
    await owner.told();
    expect(await owner.receiveAll()).toEqual(['next']);
    expect(at.stats.fences).toBe(1);
  });
});

test('two ports learn at the same time that addresses want no quotes: both go on with one connection', async () => {
  const { modem, driver } = await playModem(2);
  const [one, two] = [await openUdp(driver, peer(1)), await openUdp(driver, peer(2))];
  modem.on('+SQNSSENDEXT', line => (line.includes('"') ? ['+CME ERROR: 50'] : undefined));
  await Promise.all([one.port.send(data, peer(3)), two.port.send(data, peer(4))]);
  expect(modem.sent).toHaveLength(2);
  expect(driver.connectionsOpen).toBe(2);
});
