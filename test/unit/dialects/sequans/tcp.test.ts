/** How a dial fails: the modem only says no, so what it means follows from the time it took and from the network. */
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import { SequansDriver } from '../../../../src/dialects/sequans/driver.ts';
import type { TcpPort } from '../../../../src/driver/port.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';
import { PlayedModem } from './played-modem.ts';

const REMOTE = { address: '192.0.2.1', port: 80, family: 4 } as const;

afterEach(() => {
  vi.useRealTimers();
});

async function start(): Promise<{
  modem: PlayedModem;
  driver: SequansDriver;
  dial: () => Promise<TcpPort>;
}> {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  const identity = { manufacturer: '', model: 'GM02S', revision: '' };
  const driver = new SequansDriver(at, { cid: 1, encoding: 'auto' }, identity);
  await driver.start();
  modem.on('+CSQ', ['+CSQ: 20,99', 'OK']);
  return { modem, driver, dial: () => driver.openTcp(REMOTE, { readable: () => {}, closed: () => {} }) };
}

test.each([
  ['at once', 0, 'ECONNREFUSED'],
  ['when its own limit is over', 30_000, 'ETIMEDOUT'],
])('NO CARRIER %s', async (_when, afterMs, code) => {
  const { modem, dial } = await start();
  vi.useFakeTimers({ toFake: ['performance'] });
  modem.on('+CGPADDR', ['+CGPADDR: 1,"10.0.0.1"', 'OK']);
  modem.on('+SQNSD', () => {
    vi.advanceTimersByTime(afterMs);
    return ['NO CARRIER'];
  });
  await expect(dial()).rejects.toMatchObject({ code });
  expect(modem.open.size).toBe(0);
});

test('no address of that family: ENETUNREACH', async () => {
  const { modem, dial } = await start();
  modem.on('+CGPADDR', ['+CGPADDR: 1,"2001:db8::1"', 'OK']);
  modem.on('+SQNSD', ['NO CARRIER']);
  await expect(dial()).rejects.toMatchObject({ code: 'ENETUNREACH' });
});

test('not registered: ENETDOWN', async () => {
  const { modem, dial } = await start();
  modem.on('+CEREG?', ['+CEREG: 1,2', 'OK']);
  modem.on('+SQNSD', ['+CME ERROR: 4']);
  await expect(dial()).rejects.toMatchObject({ code: 'ENETDOWN' });
});

test('a write to a peer that has gone while its last words wait unread: EPIPE in bounded time', async () => {
  const { modem, dial } = await start();
  const port = await dial();
  const [id] = modem.open.keys();
  modem.on('+SQNSS', [`+SQNSS: ${id},0`, 'OK']);
  modem.on('+SQNSI', [`+SQNSI: ${id},0,3,3,0`, 'OK']);
  modem.on('+SQNSSENDEXT', ['+CME ERROR: 4']);
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const sent = port.send(Buffer.from('hello'));
  sent.catch(() => {});
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0), { timeout: 5_000 });
  await vi.advanceTimersByTimeAsync(10_000);
  await expect(sent).rejects.toMatchObject({ code: 'EPIPE' });
});

test('a close that is refused although the connection is there is written once more', async () => {
  const { modem, dial } = await start();
  const port = await dial();
  modem.on('+SQNSH=', ['ERROR']);
  await port.close();
  expect(modem.count('+SQNSH=')).toBe(2);
  expect(modem.open.size).toBe(0);
});

test.each([
  ['once', 1, 'hello'],
  ['always', 2, 'ECONNRESET'],
])('a read that is refused %s although data wait at the end', async (_, times, outcome) => {
  const { modem, dial } = await start();
  const port = await dial();
  const [id] = modem.open.keys();
  modem.give(id ?? 0, ['hello']);
  for (let time = 0; time < times; time++) modem.on('+SQNSRECV', ['ERROR']);
  modem.on('+SQNSS', () => [`+SQNSS: ${id},0`, 'OK']);
  modem.on('+SQNSI', () => [`+SQNSI: ${id},0,5,5,0`, 'OK']);
  modem.say(`+SQNSH: ${id}`);
  await vi.waitFor(async () => {
    const heard = await port.receive(100).then(String, error => error.code);
    expect(heard).toBe(outcome);
  });
});

test('a receive() that outlives its connection reads nothing from the next one of that id', async () => {
  const { modem, dial } = await start();
  const port = await dial();
  const [id = 0] = modem.open.keys();
  modem.give(id, ['hello']);
  modem.say(`+SQNSRING: ${id},5`);
  await vi.waitFor(async () => expect(String(await port.receive(100))).toBe('hello'));
  modem.on('+SQNSI', () => {
    void port.close();
    return [`+SQNSI: ${id},0,8,3,0`, 'OK'];
  });
  await expect(port.receive(100)).rejects.toMatchObject({ code: 'ECONNRESET' });
  await port.close();
  expect(modem.heard.at(-1)).toBe(`+SQNSH=${id}`);
});

test('a listener that is closed while it begins to wait for the next caller waits no more', async () => {
  const { modem, driver } = await start();
  const listener = await driver.listenTcp(
    { family: 4, port: 80 },
    { connection: () => ({ readable: () => {}, closed: () => {} }), closed: () => {} },
  );
  const id = /^\+SQNSL=(\d)/.exec(modem.heard.at(-1) ?? '')?.[1];
  modem.on('+SQNSS', [`+SQNSS: ${id},5,"10.0.0.1",80,"192.0.2.1",7`, 'OK']);
  const closed = new Promise<void>(resolve => {
    modem.on('+SQNSL=', () => {
      resolve(listener.close());
      return ['OK'];
    });
  });
  modem.say(`+SQNSRING: ${id}`);
  await closed;
  const again = /^\+SQNSL=(\d)/.exec(modem.heard.findLast(line => line.startsWith('+SQNSL=')) ?? '')?.[1];
  expect(again).not.toBe(id);
  expect(modem.heard).toContain(`+SQNSH=${again}`);
  expect(driver.connectionsOpen).toBe(1);
});
