/** TCP listeners of the Sequans driver: one id after the other waits for a caller, against a played modem. */
import { describe, expect, test, vi } from 'vitest';
import type { TcpBinding, TcpListener, TcpPort } from '../../../../src/driver/port.ts';
import { Owner, type Played, peer, playModem } from './played-modem.ts';

interface Listening extends Played {
  readonly listener: TcpListener;
  readonly callers: TcpPort[];
  readonly lost: (Error | undefined)[];
  /** Somebody calls the id that waits. */
  call(id: number): void;
}

async function listen(binding: TcpBinding = { family: 4, port: 80 }, generation: 1 | 2 = 2) {
  const played = await playModem(generation);
  const callers: TcpPort[] = [];
  const lost: (Error | undefined)[] = [];
  const incoming = new Set<number>();
  played.modem.on('+SQNSS', () =>
    incoming.size === 0
      ? undefined
      : [...[1, 2, 3, 4, 5, 6].map(id => `+SQNSS: ${id}${state(id, incoming)}`), 'OK'],
  );
  const listener = await played.driver.listenTcp(binding, {
    connection: port => {
      callers.push(port);
      return new Owner();
    },
    closed: error => lost.push(error),
  });
  const call = (id: number): void => {
    incoming.add(id);
    played.modem.say(`+SQNSRING: ${id}`);
  };
  return { ...played, listener, callers, lost, call } satisfies Listening;
}

const state = (id: number, incoming: ReadonlySet<number>): string =>
  incoming.has(id) ? `,5,"10.0.0.1",80,"192.0.2.${id}",4000` : ',4';

/** How often an id began to wait. */
const waits = ({ modem }: Played): number => modem.count('+SQNSL=');

test('each caller has the id that waited, and another id waits', async () => {
  const listening = await listen();
  expect(listening.listener.local).toEqual({ address: '0.0.0.0', port: 80, family: 4 });
  for (const id of [1, 2]) {
    listening.call(id);
    await vi.waitFor(() => expect(listening.callers).toHaveLength(id));
    await vi.waitFor(() => expect(waits(listening)).toBe(id + 1));
  }
  expect(listening.callers.map(({ remote }) => remote.address)).toEqual(['192.0.2.1', '192.0.2.2']);
  expect(listening.callers[0]?.local).toEqual({ address: '10.0.0.1', port: 80, family: 4 });
  expect(listening.modem.heard.filter(line => line.startsWith('+SQNSA'))).toEqual([
    '+SQNSA=1,1',
    '+SQNSA=2,1',
  ]);
});

test('for IPv6', async () => {
  const { listener, modem } = await listen({ family: 6, port: 80 });
  expect(listener.local).toEqual({ address: '::', port: 80, family: 6 });
  expect(modem.heard).toContain('+SQNSL=1,2,80');
});

test.each([
  ['the modem knows of none', '+SQNSS', ['+SQNSS: 1,4', 'OK']],
  ['the modem does not say who', '+SQNSS', ['+SQNSS: 1,5', 'OK']],
  ['the modem refuses to accept', '+SQNSA', ['NO CARRIER']],
])('a caller that is none, because %s: its id is given back, and another waits', async (_, start, answer) => {
  const listening = await listen();
  listening.modem.on(start, answer);
  listening.call(1);
  await vi.waitFor(() => expect(waits(listening)).toBe(2));
  expect(listening.modem.count('+SQNSH=1')).toBeGreaterThan(0);
  listening.call(2);
  await vi.waitFor(() => expect(listening.callers).toHaveLength(1));
});

test('rings twice: one caller', async () => {
  const listening = await listen();
  listening.call(1);
  listening.call(1);
  await vi.waitFor(() => expect(waits(listening)).toBe(2));
  expect(listening.callers).toHaveLength(1);
  expect(listening.modem.count('+SQNSA')).toBe(1);
});

test('the modem listens no more at an id: another waits', async () => {
  const listening = await listen();
  listening.modem.say('+SQNSH: 1');
  await vi.waitFor(() => expect(waits(listening)).toBe(2));
  listening.call(2);
  await vi.waitFor(() => expect(listening.callers).toHaveLength(1));
  expect(listening.lost).toEqual([]);
});

test('where the modem does not tell its own address, the one that waited counts', async () => {
  const listening = await listen();
  listening.modem.on('+SQNSS', ['+SQNSS: 1,5,,,"192.0.2.1",4000', 'OK']);
  listening.call(1);
  await vi.waitFor(() => expect(listening.callers).toHaveLength(1));
  expect(listening.callers[0]?.local).toMatchObject({ address: '0.0.0.0' });
});

test('a caller at the moment of the close is hung up on', async () => {
  const listening = await listen();
  listening.modem.on('+SQNSA', () => {
    void listening.listener.close();
    return undefined;
  });
  listening.call(1);
  await vi.waitFor(() => expect(listening.driver.connectionsOpen).toBe(0));
  expect([listening.callers, waits(listening)]).toEqual([[], 1]);
});

describe('opening', () => {
  const events = { connection: () => new Owner(), closed: () => {} };

  test('a port number that is taken: EADDRINUSE, after one try', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSL=', () => ['+CME ERROR: 4']);
    const opening = driver.listenTcp({ family: 4, port: 80 }, events);
    await expect(opening).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect([modem.count('+SQNSL='), driver.connectionsOpen]).toEqual([1, 0]);
  });

  test.each([
    [1, 2],
    [2, 3],
  ])('any port number, of which %i are taken: the next is tried', async (taken, tries) => {
    const { modem, driver } = await playModem(2);
    let left = taken;
    modem.on('+SQNSL=', () => (left-- > 0 ? ['+CME ERROR: 4'] : undefined));
    const { local } = await driver.listenTcp({ family: 4, port: 0 }, events);
    expect(local.port).toBeGreaterThanOrEqual(49_152);
    expect(modem.count('+SQNSL=')).toBe(tries);
    expect(modem.heard.at(-1)).toBe(`+SQNSL=${tries},1,${local.port}`);
  });

  test('any port number, all of which are taken: not tried for ever', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSL=', () => ['+CME ERROR: 4']);
    await expect(driver.listenTcp({ family: 4, port: 0 }, events)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(modem.count('+SQNSL=')).toBe(3);
  });

  test('no answer: ETIMEDOUT, which says nothing about the port number', async () => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNSL=', []);
    await expect(driver.listenTcp({ family: 4, port: 80 }, events)).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
  });

  test('all ids are taken: EMFILE, or the id of a silent UDP peer', async () => {
    const { modem, driver } = await playModem(1);
    const udp = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    for (const last of [2, 3, 4, 5, 6]) await udp.send(Buffer.from('hello'), peer(last));
    await driver.listenTcp({ family: 4, port: 80 }, events);
    expect([...modem.open.values()]).not.toContain('192.0.2.1:7');
  });
});

describe('all ids are taken', () => {
  /** The listener's only id is taken by its first caller. */
  async function full() {
    const listening = await listen();
    for (let last = 2; last <= 6; last++) await listening.driver.openTcp(peer(last), new Owner());
    listening.call(1);
    await vi.waitFor(() => expect(listening.callers).toHaveLength(1));
    await new Promise(setImmediate);
    expect(waits(listening)).toBe(1);
    return listening;
  }

  test('the next one that comes free is for callers', async () => {
    const listening = await full();
    await listening.callers[0]?.close();
    await vi.waitFor(() => expect(waits(listening)).toBe(2));
    expect(listening.lost).toEqual([]);
  });

  test('closed meanwhile: the next one that comes free is nobody’s', async () => {
    const listening = await full();
    await listening.listener.close();
    await listening.callers[0]?.close();
    await new Promise(setImmediate);
    expect(waits(listening)).toBe(1);
    expect(listening.lost).toEqual([]);
  });
});

test('closed while room is made for the next caller: no id waits any more', async () => {
  const listening = await listen({ family: 4, port: 80 }, 1);
  const { modem, driver, listener } = listening;
  const udp = await driver.openUdp({ family: 4, port: 0, remote: peer(2) }, new Owner());
  for (const last of [3, 4, 5, 6]) await udp.send(Buffer.from('hello'), peer(last));
  modem.on('+SQNSRECV=2', () => {
    void listener.close();
    return undefined;
  });
  modem.say('+SQNSRING: 2,3');
  listening.call(1);
  await vi.waitFor(() => expect(modem.count('+SQNSH=2')).toBe(1));
  await new Promise(setImmediate);
  expect([waits(listening), listening.lost]).toEqual([1, []]);
});

test('the modem refuses to listen again: the owner hears ENETDOWN', async () => {
  const listening = await listen();
  listening.modem.on('+SQNSL=', () => ['+CME ERROR: 4']);
  listening.call(1);
  await vi.waitFor(() => expect(listening.lost).toMatchObject([{ code: 'ENETDOWN' }]));
  expect(listening.callers).toHaveLength(1);
});

test('the modem restarts: the owner hears it once', async () => {
  const listening = await listen();
  listening.modem.say('+SYSSTART');
  await vi.waitFor(() => expect(listening.lost).toMatchObject([{ code: 'ECONNRESET' }]));
  await listening.at.closed;
  await new Promise(setImmediate);
  expect(listening.lost).toHaveLength(1);
});
