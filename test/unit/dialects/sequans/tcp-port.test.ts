/** TCP ports of the Sequans driver where firmware differs or things go wrong at the worst moment, against a played modem. */
import { describe, expect, test, vi } from 'vitest';
import type { TcpPort } from '../../../../src/driver/port.ts';
import { Owner, type Played, peer, playModem } from './played-modem.ts';

const data = Buffer.from('hello');

interface Dialled extends Played {
  readonly port: TcpPort;
  readonly owner: Owner;
}

/** A connection with id 1. */
async function dial(options: Parameters<typeof playModem>[1] = {}): Promise<Dialled> {
  const played = await playModem(2, options);
  const owner = new Owner();
  const port = await played.driver.openTcp(peer(1), owner);
  return { ...played, port, owner };
}

/** The modem says of id 1 what the test wants, as often as it is asked. */
const stateOf = (state: number) => () => [`+SQNSS: 1,${state},"10.0.0.1",4000,"192.0.2.1",7`, 'OK'];
const countersOf = (buffered: number, unacknowledged: number) => () => [
  `+SQNSI: 1,0,0,${buffered},${unacknowledged}`,
  'OK',
];

/** A wait that is over when the modem has heard `count` such lines. */
const heard = (played: Played, start: string, count: number): Promise<void> =>
  vi.waitFor(() => expect(played.modem.count(start)).toBeGreaterThanOrEqual(count), { timeout: 5_000 });

describe('a dial that is OK before the connection is up', () => {
  test('is waited for', async () => {
    const { modem, driver } = await playModem(2);
    let looks = 0;
    modem.on('+SQNSS', () => stateOf(looks++ < 2 ? 6 : 2)());
    const port = await driver.openTcp(peer(1), new Owner());
    expect(looks).toBe(3);
    expect(port.local).toEqual({ address: '10.0.0.1', port: 4000, family: 4 });
  });

  test('and does not come up: ECONNREFUSED, and the id is given back', async () => {
    const { modem, driver } = await playModem(2);
    let looks = 0;
    modem.on('+SQNSS', () => stateOf(looks++ < 2 ? 6 : 0)());
    await expect(driver.openTcp(peer(1), new Owner())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect([driver.connectionsOpen, modem.open.size]).toEqual([0, 0]);
  });

  test.each([
    ['has rung', '+SQNSRING: 1,5'],
    ['has pushed data', '+SQNSRING: 1,5,hello'],
  ])('and has ended when it is seen, but %s: it was up', async (_, ring) => {
    const { modem, driver } = await playModem(2);
    let looks = 0;
    modem.on('+SQNSS', () => [...(looks++ === 0 ? [ring] : []), ...stateOf(looks === 1 ? 6 : 0)()]);
    modem.give(1, ring.endsWith('hello') ? [] : ['hello']);
    const owner = new Owner();
    const port = await driver.openTcp(peer(1), owner);
    await owner.told();
    expect(String(await port.receive(100))).toBe('hello');
    expect(await port.receive(100)).toBeNull();
  });

  test('and is given up meanwhile: the reason, and the id is given back', async () => {
    const played = await playModem(2);
    played.modem.on('+SQNSS', stateOf(6));
    const abort = new AbortController();
    const dialling = played.driver.openTcp(peer(1), new Owner(), abort.signal);
    const failed = expect(dialling).rejects.toThrow('enough');
    await heard(played, '+SQNSS', 2);
    abort.abort(new Error('enough'));
    await failed;
    expect(played.modem.open.size).toBe(0);
  });
});

test('a connection that has ended when the dial is OK, not early: it was up, and is at its end', async () => {
  const { modem, driver } = await playModem(2);
  modem.on('+SQNSS', stateOf(0));
  const owner = new Owner();
  const port = await driver.openTcp(peer(1), owner);
  await owner.told();
  expect(await port.receive(100)).toBeNull();
});

test('a connection that is not in the table: its local place is not known', async () => {
  const { modem, driver } = await playModem(2);
  modem.on('+SQNSS', () => ['OK']);
  expect((await driver.openTcp(peer(1), new Owner())).local).toMatchObject({ address: '0.0.0.0', port: 0 });
});

test('given up before it begins: nothing is written', async () => {
  const { modem, driver } = await playModem(2);
  const dialling = driver.openTcp(peer(1), new Owner(), AbortSignal.abort(new Error('enough')));
  await expect(dialling).rejects.toThrow('enough');
  expect(modem.heard).toEqual([]);
});

test('all ids are taken: the one of a silent UDP peer is given up', async () => {
  const { modem, driver } = await playModem(1);
  const udp = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
  for (const last of [2, 3, 4, 5, 6]) await udp.send(data, peer(last));
  await driver.openTcp(peer(9), new Owner());
  expect([...modem.open.values()]).toContain('192.0.2.9:7');
  expect([...modem.open.values()]).not.toContain('192.0.2.1:7');
});

test('a dial without answer: ETIMEDOUT, not "refused"', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSD', []);
    const failed = expect(driver.openTcp(peer(1), new Owner())).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await vi.waitFor(() => expect(modem.count('+SQNSD')).toBe(1));
    await vi.advanceTimersByTimeAsync(45_000);
    await failed;
  } finally {
    vi.useRealTimers();
  }
});

describe('sending', () => {
  test('refused while the connection is there: the buffer is full, and the piece goes once', async () => {
    const { modem, driver, port } = await dial();
    let refusals = 0;
    modem.on('+SQNSSENDEXT', () => (refusals++ < 3 ? ['+CME ERROR: 4'] : undefined));
    expect(await port.send(data)).toBe(5);
    expect(modem.sent.map(({ text }) => text)).toEqual(['hello']);
    expect(driver.payload.sent).toBe(5);
  });

  test('at most 1500 bytes at a time', async () => {
    const { modem, port } = await dial();
    expect(await port.send(Buffer.alloc(1_501))).toBe(1_500);
    expect(modem.heard.at(-1)).toBe('+SQNSSENDEXT=1,1500');
  });

  test('nonsense in answer: the connection is over, and nothing is sent twice', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { modem, port } = await dial();
      modem.on('+SQNSSENDEXT', []);
      const sent = expect(port.send(data)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await vi.waitFor(() => expect(modem.count('+SQNSSENDEXT')).toBe(1));
      await vi.advanceTimersByTimeAsync(15_000);
      await sent;
      await expect(port.send(data)).rejects.toMatchObject({
        code: expect.stringMatching(/ETIMEDOUT|ENETDOWN/),
      });
      expect(modem.count('+SQNSSENDEXT')).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['took everything', 0, 'EPIPE'],
    ['did not take everything', 3, 'ECONNRESET'],
  ])('to a peer that has gone and %s', async (_, unacknowledged, code) => {
    const { modem, port } = await dial();
    modem.on('+SQNSS', stateOf(0));
    modem.on('+SQNSI', countersOf(0, unacknowledged));
    modem.on('+SQNSSENDEXT', ['+CME ERROR: 4']);
    await expect(port.send(data)).rejects.toMatchObject({ code });
  });

  test('to a peer that has gone, by a modem that does not count', async () => {
    const { modem, port } = await dial();
    modem.on('+SQNSS', stateOf(0));
    modem.on('+SQNSI', () => ['ERROR']);
    modem.on('+SQNSSENDEXT', ['+CME ERROR: 4']);
    await expect(port.send(data)).rejects.toMatchObject({ code: 'EPIPE' });
  });

  test('to a peer that has gone, while the last words are read: what the reader finds is the reason', async () => {
    const played = await dial();
    const { modem, port } = played;
    modem.on('+SQNSS', stateOf(0));
    modem.on('+SQNSI', countersOf(3, 3));
    modem.on('+SQNSSENDEXT', ['+CME ERROR: 4']);
    const sent = expect(port.send(data)).rejects.toMatchObject({ code: 'EIO' });
    await heard(played, '+SQNSI', 1);
    modem.on('+SQNSRECV', ['+SQNSRECV: 9,0', 'OK']);
    await expect(port.receive(100)).rejects.toMatchObject({ code: 'EIO' });
    await sent;
  });

  test('on a connection that was closed: EPIPE, and nothing is written', async () => {
    const { modem, port } = await dial();
    await port.close();
    modem.heard.length = 0;
    await expect(port.send(data)).rejects.toMatchObject({ code: 'EPIPE' });
    expect(await port.receive(100)).toBeNull();
    expect(modem.heard).toEqual([]);
  });
});

describe('reading', () => {
  test('pushed data come first and need no command', async () => {
    const { modem, port, owner } = await dial();
    modem.give(1, ['second']);
    modem.say('+SQNSRING: 1,5,first', '+SQNSRING: 1,6');
    await owner.told();
    expect(String(await port.receive(100))).toBe('first');
    expect(modem.count('+SQNSRECV')).toBe(0);
    expect(String(await port.receive(100))).toBe('second');
  });

  test('a full read is followed by another without a look, a short one by a look', async () => {
    const { modem, port, owner } = await dial();
    modem.give(1, ['abcde', 'fg']);
    modem.say('+SQNSRING: 1,7');
    await owner.told();
    expect(String(await port.receive(5))).toBe('abcde');
    expect(String(await port.receive(5))).toBe('fg');
    expect(modem.count('+SQNSI')).toBe(0);
    expect(await port.receive(5)).toBeUndefined();
    expect([modem.count('+SQNSRECV'), modem.count('+SQNSI')]).toEqual([2, 1]);
    expect(modem.heard).toContain('+SQNSRECV=1,5');
  });

  test('never more than 1500 bytes are asked for', async () => {
    const { modem, port, owner } = await dial();
    modem.say('+SQNSRING: 1,5');
    await owner.told();
    expect(await port.receive(100_000)).toBeUndefined();
    expect(modem.heard.at(-1)).toBe('+SQNSRECV=1,1500');
  });

  test('firmware without counters is read until it is empty', async () => {
    const { modem, port, owner } = await dial();
    modem.on('+SQNSI', () => ['ERROR']);
    modem.give(1, ['one', 'two']);
    modem.say('+SQNSRING: 1,6');
    await owner.told();
    expect(String(await port.receive(100))).toBe('one');
    expect(String(await port.receive(100))).toBe('two');
    expect(await port.receive(100)).toBeUndefined();
  });

  test('the line goes: the owner hears it, and reads and writes fail with it', async () => {
    const { modem, at, port, owner } = await dial();
    modem.hangUp();
    await at.closed;
    await owner.told();
    expect(owner.lost).toMatchObject([{ code: 'ENETDOWN' }]);
    await expect(port.receive(100)).rejects.toMatchObject({ code: 'ENETDOWN' });
    await expect(port.send(data)).rejects.toMatchObject({ code: 'ENETDOWN' });
  });
});

describe('a hang-up', () => {
  test('that the table contradicts is late, and is about an earlier connection', async () => {
    const { modem, port, owner } = await dial();
    modem.say('+SQNSH: 1');
    await owner.told();
    expect(await port.receive(100)).toBeUndefined();
    expect(await port.send(data)).toBe(5);
  });

  test('before the peer has taken everything: ECONNRESET', async () => {
    const { modem, port, owner } = await dial();
    modem.on('+SQNSS', stateOf(0));
    modem.on('+SQNSI', countersOf(0, 7));
    modem.say('+SQNSH: 1');
    await owner.told();
    await expect(port.receive(100)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(port.receive(100)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('after everything: the end, for firmware without counters, too', async () => {
    const { modem, port, owner } = await dial();
    modem.on('+SQNSS', stateOf(0));
    modem.on('+SQNSI', () => ['ERROR']);
    modem.say('+SQNSH: 1');
    await owner.told();
    expect(await port.receive(100)).toBeNull();
    expect(modem.count('+SQNSH=1')).toBe(1);
  });

  test('with a ring behind it: the data are read before the end', async () => {
    const { modem, port, owner } = await dial();
    modem.on('+SQNSS', () => {
      modem.answers.shift();
      modem.give(1, ['last']);
      modem.on('+SQNSS', stateOf(0));
      return ['+SQNSRING: 1,4', ...stateOf(0)()];
    });
    modem.say('+SQNSH: 1');
    await owner.told();
    expect(String(await port.receive(100))).toBe('last');
    expect(await port.receive(100)).toBeNull();
  });
});

describe('drained()', () => {
  test('waits until the peer has taken everything', async () => {
    const { modem, port } = await dial();
    let left = 3;
    modem.on('+SQNSI', () => countersOf(0, --left)());
    await port.drained();
    expect(modem.count('+SQNSI')).toBe(3);
  });

  test('gives up after half a minute', async () => {
    const { modem, port } = await dial();
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      modem.on('+SQNSI', () => {
        vi.advanceTimersByTime(16_000);
        return countersOf(0, 1)();
      });
      await port.drained();
    } finally {
      vi.useRealTimers();
    }
    expect(modem.count('+SQNSI')).toBe(2);
  });

  test('asks nothing where the connection is closed, and not on where the modem does not tell', async () => {
    const { modem, port } = await dial();
    modem.on('+SQNSI', ['ERROR']);
    await port.drained();
    expect(modem.count('+SQNSI')).toBe(1);
    await port.close();
    await port.drained();
    expect(modem.count('+SQNSI')).toBe(1);
  });
});

describe('a close', () => {
  test('of a connection that the modem has closed already is no error', async () => {
    const { modem, driver, port } = await dial();
    modem.on('+SQNSS', stateOf(0));
    modem.on('+SQNSH', ['ERROR']);
    await port.close();
    await port.close();
    expect(modem.count('+SQNSH')).toBe(1);
    expect(driver.connectionsOpen).toBe(0);
  });

  test('whose line is gone gives the id back all the same', async () => {
    const { modem, driver, at, port } = await dial();
    modem.hangUp();
    await at.closed;
    await port.close();
    await vi.waitFor(() => expect(driver.connectionsOpen).toBe(0));
  });
});

describe('what no URC has told is found by a look at the table', () => {
  const afterSilence = async (play: (dialled: Dialled) => void): Promise<Dialled> => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const dialled = await dial();
      play(dialled);
      await vi.advanceTimersByTimeAsync(6_000);
      await vi.waitFor(() => expect(dialled.modem.count('+SQNSS')).toBeGreaterThan(1));
      await dialled.owner.told();
      return dialled;
    } finally {
      vi.useRealTimers();
    }
  };

  test('data', async () => {
    const { port } = await afterSilence(({ modem }) => {
      modem.give(1, ['hello']);
      modem.on('+SQNSS', stateOf(3));
    });
    expect(String(await port.receive(100))).toBe('hello');
  });

  test('the end', async () => {
    const { port } = await afterSilence(({ modem }) => modem.on('+SQNSS', stateOf(0)));
    expect(await port.receive(100)).toBeNull();
  });
});
