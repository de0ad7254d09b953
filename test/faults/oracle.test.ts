/** The oracle can fail: drivers with one thing wrong are found out, each by the invariant that it breaks. */
import { afterEach, expect, test, vi } from 'vitest';
import { TcpConnection } from '../../src/dialects/sequans/tcp-connection.ts';
import { UdpConnection } from '../../src/dialects/sequans/udp-connection.ts';
import { createSchedule } from './fault.ts';
import { runSchedule } from './run-schedule.ts';

const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the oracle says of the schedules, by invariant. */
async function broken(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const seed of SEEDS)
    for (const violation of (await runSchedule(createSchedule('sequans', seed))).violations)
      found.add(violation.split(':', 1)[0] ?? '');
  return found;
}

test('the driver as it is: nothing', async () => {
  expect(await broken()).toEqual(new Set());
});

test('a driver that repeats a send breaks I2', async () => {
  const { send } = TcpConnection.prototype;
  vi.spyOn(TcpConnection.prototype, 'send').mockImplementation(async function (this: TcpConnection, data) {
    await send.call(this, data);
    return send.call(this, data);
  });
  expect(await broken()).toContain('I2');
});

test('a driver that repeats a datagram breaks I3', async () => {
  const { send } = UdpConnection.prototype;
  vi.spyOn(UdpConnection.prototype, 'send').mockImplementation(async function (this: UdpConnection, ...call) {
    await send.apply(this, call);
    return send.apply(this, call);
  });
  expect(await broken()).toContain('I3');
});

test('a driver that loses what it has read breaks I1', async () => {
  const { receive } = TcpConnection.prototype;
  let reads = 0;
  vi.spyOn(TcpConnection.prototype, 'receive').mockImplementation(async function (this: TcpConnection, most) {
    const data = await receive.call(this, most);
    return data && ++reads % 5 === 0 ? receive.call(this, most) : data;
  });
  expect(await broken()).toContain('I1');
});

test('a driver that does not close breaks I7', async () => {
  vi.spyOn(TcpConnection.prototype, 'close').mockImplementation(async () => {});
  expect(await broken()).toContain('I7');
});

test('a driver that never tells the end breaks I6', async () => {
  const { send } = TcpConnection.prototype;
  vi.spyOn(TcpConnection.prototype, 'send').mockImplementation(async function (this: TcpConnection, data) {
    await send.call(this, data);
    return new Promise(() => {});
  });
  expect(await broken()).toContain('I6');
});
