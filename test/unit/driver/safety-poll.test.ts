/** The poll of the drivers: nobody is forgotten, and nobody asked without a pause. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SafetyPoll } from '../../../src/driver/safety-poll.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const polled = (check: () => Promise<void>) => ({ lookedAt: performance.now(), check });

test('sockets that come and go all the time do not put it off', async () => {
  const poll = new SafetyPoll();
  const check = vi.fn(async () => {});
  poll.add(polled(check));
  for (let turn = 0; turn < 100; turn++) {
    const guest = polled(async () => {});
    poll.add(guest);
    await vi.advanceTimersByTimeAsync(100);
    poll.delete(guest);
  }
  expect(check).toHaveBeenCalled();
});

test('a look that asks for another, because it fails, does not go round and round', async () => {
  const poll = new SafetyPoll();
  const check = vi.fn(async () => {
    poll.soon();
    throw new Error('the answer makes no sense');
  });
  poll.add(polled(check));
  poll.soon();
  await vi.advanceTimersByTimeAsync(1);
  expect(check).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(check.mock.calls.length).toBeLessThanOrEqual(13);
});

test('where no URC tells of data it looks ten times as often', async () => {
  const poll = new SafetyPoll();
  const check = vi.fn(async () => {});
  const socket = polled(check);
  poll.quick = true;
  poll.add(socket);
  await vi.advanceTimersByTimeAsync(450);
  expect(check).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(check).toHaveBeenCalled();
  poll.stop();
  const { length } = check.mock.calls;
  poll.soon();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(check).toHaveBeenCalledTimes(length);
});
