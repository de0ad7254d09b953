/** TCP ports of the QFWD driver where things go wrong at the worst moment, against a played module. */
import { describe, expect, test, vi } from 'vitest';
import type { TcpPort } from '../../../../src/driver/port.ts';
import { Owner, type PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const data = Buffer.from('hello');

async function listen(driver: Awaited<ReturnType<typeof playModem>>['driver']) {
  const callers: { port: TcpPort; owner: Owner }[] = [];
  const listener = await driver.listenTcp(
    { family: 4, port: 2020 },
    {
      connection: port => {
        const owner = new Owner();
        callers.push({ port, owner });
        return owner;
      },
      closed: () => {},
    },
  );
  return { listener, callers };
}

/** Everything that waits, to the end if it has come. */
async function readAll(port: TcpPort | undefined): Promise<string> {
  let text = '';
  for (let next = await port?.receive(1_024); next; next = await port?.receive(1_024))
    text += next.toString();
  return text;
}

const opened = (modem: PlayedModem): string[] =>
  modem.heard.flatMap(line => /^\+QFWDCLIENT=1,(\d+)/.exec(line)?.[1] ?? []);

test('a close that is refused although the modem still lists the socket: once more', async () => {
  const { modem, driver } = await playModem();
  const port = await driver.openTcp(peer(1), new Owner());
  modem.once('+QFWDCLOSE=', ['ERROR']);
  await port.close();
  expect(modem.count('+QFWDCLOSE=100')).toBe(2);
  expect(modem.clients.size).toBe(0);
});

describe('opening', () => {
  test('the outcome before the OK, with data behind it', async () => {
    const { modem, driver } = await playModem();
    modem.on('+QFWDCLIENT=', () => {
      modem.clients.set(100, '100,"Active","tcp","192.0.2.1",7,"10.0.0.1",5000,"usbat"');
      modem.waiting.set(100, ['early']);
      return ['+QFWDURC: "client/open",100,0', '+QFWDURC: "client/read",100', 'OK'];
    });
    const owner = new Owner();
    const port = await driver.openTcp(peer(1), owner);
    expect(owner.rings).toBe(0);
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(0));
    expect(await readAll(port)).toBe('early');
  });

  test('the outcome is lost, but data are announced: then it is open', async () => {
    const { modem, driver } = await playModem();
    await driver.openTcp(peer(1), new Owner());
    modem.once('+QFWDCLIENT=', () => {
      modem.clients.set(101, '101,"Active","tcp","192.0.2.2",7,"10.0.0.1",5001,"usbat"');
      modem.waiting.set(101, ['hello']);
      return ['OK', '+QFWDURC: "client/read",101'];
    });
    expect(await readAll(await driver.openTcp(peer(2), new Owner()))).toBe('hello');
  });

  test('other sockets go on while a connection is being made', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.once('+QFWDCLIENT=', ['OK']);
    const dialling = driver.openTcp(peer(2), new Owner());
    await vi.waitFor(() => expect(opened(modem)).toHaveLength(2));
    expect(await port.send(data)).toBe(5);
    modem.say('+QFWDURC: "client/open",101,0');
    await dialling;
  });

  test('given up meanwhile: AbortError, and the id is closed', async () => {
    const { modem, driver } = await playModem();
    const abort = new AbortController();
    modem.once('+QFWDCLIENT=', ['OK']);
    const dialling = driver.openTcp(peer(1), new Owner(), abort.signal);
    await vi.waitFor(() => expect(opened(modem)).toHaveLength(1));
    abort.abort();
    await expect(dialling).rejects.toMatchObject({ name: 'AbortError' });
    expect(modem.heard).toContain('+QFWDCLOSE=100');
    expect(driver.connectionsOpen).toBe(0);
  });

  test.each([1, 566])(
    'result %i: ECONNREFUSED, and the id is closed, whatever that answers',
    async result => {
      const { modem, driver } = await playModem();
      modem.once('+QFWDCLIENT=', ['OK', `+QFWDURC: "client/open",100,${result}`]);
      await expect(driver.openTcp(peer(1), new Owner())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      expect(modem.count('+QFWDCLOSE=100')).toBe(1);
      expect(driver.connectionsOpen).toBe(0);
    },
  );

  test('an id that is refused: once more with another', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDCLIENT=', ['ERROR']);
    await driver.openTcp(peer(1), new Owner());
    expect(opened(modem)).toEqual(['100', '101']);
    modem.on('+QFWDCLIENT=', () => ['ERROR']);
    await expect(driver.openTcp(peer(2), new Owner())).rejects.toMatchObject({ code: 'EMFILE' });
    expect(opened(modem)).toHaveLength(4);
    expect(driver.connectionsOpen).toBe(1);
  });

  test('an id that a caller gets before our command: the caller has it, we take another', async () => {
    const { modem, driver } = await playModem();
    const { callers } = await listen(driver);
    modem.once('+QFWDCLIENT=', () => {
      modem.on('+QFWDCLIENT=', line => (line.includes('=1,101,') ? ['ERROR'] : undefined));
      modem.call(100, 101, '192.0.2.9', 'I am the caller');
      return ['ERROR'];
    });
    const port = await driver.openTcp(peer(1), new Owner());
    expect(opened(modem)).toEqual(['101', '102']);
    expect(await readAll(callers[0]?.port)).toBe('I am the caller');
    await port.send(data);
    await callers[0]?.port.send(Buffer.from('welcome'));
    expect(modem.sent.map(({ id, text }) => `${id} ${text}`)).toEqual(['102 hello', '101 welcome']);
  });
});

describe('an id that the module gives away', () => {
  test('is its new holder’s; nothing more is done with it in the name of the old one', async () => {
    const { modem, driver } = await playModem();
    const { callers } = await listen(driver);
    modem.call(100, 2, '192.0.2.8');
    await vi.waitFor(() => expect(callers).toHaveLength(1));
    modem.call(100, 2, '192.0.2.9', 'second');
    await vi.waitFor(() => expect(callers).toHaveLength(2));
    await expect(callers[0]?.port.receive(1_024)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(callers[0]?.port.send(data)).rejects.toMatchObject({
      code: expect.stringMatching(/EPIPE|ECONNRESET/),
    });
    await callers[0]?.port.close();
    expect(modem.count('+QFWDCLOSE')).toBe(0);
    expect(await readAll(callers[1]?.port)).toBe('second');
  });

  test('while it is being read: the bytes go to the new holder', async () => {
    const { modem, driver } = await playModem();
    const { callers } = await listen(driver);
    modem.call(100, 2, '192.0.2.8');
    await vi.waitFor(() => expect(callers).toHaveLength(1));
    modem.once('+QFWDRECV=2', () => {
      modem.call(100, 2, '192.0.2.9', 'second');
      return undefined;
    });
    await expect(callers[0]?.port.receive(1_024)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await readAll(callers[1]?.port)).toBe('second');
  });
});

describe('sending', () => {
  test('one question for each buffer’s worth', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    const bytes = Buffer.alloc(102_400);
    for (let at = 0; at < bytes.length; ) at += await port.send(bytes.subarray(at));
    expect(modem.sent).toHaveLength(100);
    expect(modem.count('+QFWDACK')).toBe(10);
  });

  test('a full buffer is waited for, and nothing is repeated blindly', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    let looks = 0;
    modem.on('+QFWDACK', () =>
      looks++ < 3 ? ['+QFWDACK: 100,10238,2,10240,0,10240,10240', 'OK'] : undefined,
    );
    modem.once('+QFWDSEND', ['ERROR']);
    expect(await port.send(data)).toBe(5);
    expect(modem.sent).toEqual([{ id: 100, text: 'hello', hex: false }]);
    expect(modem.count('+QFWDSEND')).toBe(2);
    expect(looks).toBeGreaterThan(2);
  });

  test.each([0, 3])('%i bytes taken of five: that many, and no more', async taken => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.take = bytes => {
      modem.take = all => all;
      return Math.min(bytes, taken);
    };
    expect(await port.send(data)).toBe(taken || 5);
  });

  test('an input that counts as cancelled, in a form that is not proven, goes in hex from then on', async () => {
    const { payload, ...record } = RECORD;
    const { modem, driver } = await playModem({ capabilities: record });
    const port = await driver.openTcp(peer(1), new Owner());
    modem.take = () => {
      modem.take = bytes => bytes;
      return undefined;
    };
    expect(await port.send(data)).toBe(5);
    expect(modem.heard.filter(line => line.startsWith('+QFWDSEND'))).toEqual([
      '+QFWDSEND=100,0,5',
      '+QFWDSEND=100,1',
    ]);
    expect(driver.capabilities).toMatchObject({ payload: 'hex' });
  });

  test('more taken than given makes no sense: the connection is over, and nothing is sent twice', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.take = bytes => bytes + 1;
    await expect(port.send(data)).rejects.toMatchObject({ code: 'EIO' });
    await expect(port.send(data)).rejects.toMatchObject({ code: 'EIO' });
    expect(modem.count('+QFWDSEND')).toBe(1);
  });

  test('no answer: ETIMEDOUT, and the connection is over', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.once('+QFWDSEND', []);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sending = expect(port.send(data)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await vi.advanceTimersByTimeAsync(20_000);
    vi.useRealTimers();
    await sending;
    expect(modem.sent).toEqual([]);
    // Nothing more was written: the modem may be waiting for a payload, which the peer would get.
    expect(modem.heard.at(-1)).toBe('+QFWDSEND=100,0,5');
    await expect(port.receive(100)).rejects.toMatchObject({ code: 'ENETDOWN' });
  });
});

describe('the end', () => {
  test('overtakes data: every byte, then the end, then the id is given back', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.waiting.set(100, ['one', 'two', 'three']);
    modem.say('+QFWDURC: "client/close",100');
    await vi.waitFor(async () => expect(await readAll(port)).toBe('onetwothree'));
    expect(await port.receive(100)).toBeNull();
    expect(modem.clients.size).toBe(0);
    await expect(port.send(data)).rejects.toMatchObject({ code: 'EPIPE' });
  });

  test('a read and the look behind it, both damaged on their way: what was announced is read all the same', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.waiting.set(100, ['one']);
    modem.once('+QFWDRECV', ['ERROR']);
    modem.once('+QFWDACK', ['ERROR']);
    modem.say('+QFWDURC: "client/read",100', '+QFWDURC: "client/close",100');
    await vi.waitFor(async () => expect(await readAll(port)).toBe('one'));
    expect(await port.receive(100)).toBeNull();
  });

  test('what a look has told of is read, though the read and the next look are damaged on their way', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDACK', ['+QFWDACK: 100,0,10240,10240,3,10237,10240', 'OK']);
    const port = await driver.openTcp(peer(1), new Owner());
    modem.waiting.set(100, ['one']);
    modem.once('+QFWDRECV', ['ERROR']);
    modem.once('+QFWDACK', ['ERROR']);
    modem.say('+QFWDURC: "client/close",100');
    await vi.waitFor(async () => expect(await readAll(port)).toBe('one'));
    expect(await port.receive(100)).toBeNull();
  });

  test('with bytes behind it that the module does not give: ECONNRESET', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.on('+QFWDRECV', () => ['ERROR']);
    modem.on('+QFWDACK', () => ['+QFWDACK: 100,0,10240,10240,7,10233,10240', 'OK']);
    modem.say('+QFWDURC: "client/close",100');
    await expect(vi.waitFor(async () => expect(await port.receive(100)).toBeNull())).rejects.toMatchObject({
      code: 'ECONNRESET',
      message: '7 bytes that wait cannot be read',
    });
  });

  test('of a peer that took not everything: ECONNRESET', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    await port.send(data);
    modem.on('+QFWDACK', () => ['+QFWDACK: 100,5,10235,10240,0,10240,10240', 'OK']);
    modem.say('+QFWDURC: "client/close",100');
    await expect(vi.waitFor(async () => expect(await port.receive(100)).toBeNull())).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  test('a close is over when the module has closed, however often it is asked for', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openTcp(peer(1), new Owner());
    modem.take = bytes => bytes + 1;
    let closed = false;
    modem.once('+QFWDCLOSE', () => {
      setImmediate(() => {
        closed = true;
        modem.say('OK');
      });
      return [];
    });
    await expect(port.send(data)).rejects.toMatchObject({ code: 'EIO' });
    await port.close();
    expect(closed).toBe(true);
  });

  test('a close that is refused, or reported although it was ours, is no matter', async () => {
    const { modem, driver } = await playModem();
    const owner = new Owner();
    const port = await driver.openTcp(peer(1), owner);
    modem.once('+QFWDCLOSE', ['ERROR', '+QFWDURC: "client/close",100', '+QFWDURC: "client/read",100']);
    await port.close();
    expect(await driver.openTcp(peer(2), new Owner())).toBeDefined();
    expect(owner.lost).toEqual([]);
    expect(modem.count('+QFWDRECV')).toBe(0);
  });
});

test('callers before the listener is known are told after it; the ports of the first show whether URCs are inherited', async () => {
  const { modem, driver } = await playModem();
  modem.on('+QFWDSEVER=', () => {
    modem.servers.add(100);
    modem.call(100, 2, '192.0.2.8', 'early');
    return ['OK', '+QFWDURC: "server/open",100,0'];
  });
  modem.once('+QFWDCFG="urc",2', ['+QFWDCFG: "urc",2,"usbmode m"', 'OK']);
  const { callers, listener } = await listen(driver);
  expect(callers).toHaveLength(0);
  await vi.waitFor(() => expect(callers).toHaveLength(1));
  expect(await readAll(callers[0]?.port)).toBe('early');
  await vi.waitFor(() => expect(modem.heard).toContain('+QFWDCFG="urc",2,"usbat"'));
  await listener.close();
  modem.call(100, 3, '192.0.2.9');
  await vi.waitFor(() => expect(modem.heard).toContain('+QFWDCLOSE=3'));
  expect(callers).toHaveLength(1);
});

test('a server that the firmware knows by another of our numbers', async () => {
  const { modem, driver } = await playModem();
  modem.on('+QFWDSEVER=', () => {
    modem.servers.add(1);
    return ['OK', '+QFWDURC: "server/open",1,0'];
  });
  const { callers, listener } = await listen(driver);
  modem.call(1, 2, '192.0.2.8', 'hello');
  await vi.waitFor(() => expect(callers).toHaveLength(1));
  expect(await readAll(callers[0]?.port)).toBe('hello');
  await listener.close();
  expect(modem.servers.size).toBe(0);
});
