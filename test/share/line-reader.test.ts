/** A prompt at which nothing is said is given up, and what was half said is no part of what comes next. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LineReader } from '../../src/share/line-reader.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['text', (reader: LineReader) => reader.text(120_000)],
  ['counted data', (reader: LineReader) => reader.counted(20, 120_000)],
])('%s', async (_, ask) => {
  const [near, far] = createMemoryPair();
  const reader = new LineReader(near);
  far.write('AT+CMGS="1"\r');
  expect(await reader.line()).toBe('AT+CMGS="1"');
  const payload = ask(reader);
  await vi.advanceTimersByTimeAsync(119_999);
  far.write('half a mess');
  await vi.advanceTimersByTimeAsync(119_999);
  far.write(' and');
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await payload).toBe('late');
  far.write('ATI\r');
  expect(await reader.line()).toBe('ATI');
  const next = ask(reader);
  far.write('0123456789 in time\x1a!');
  expect(String(await next)).toMatch(/^0123456789 in time\x1a!?$/);
});
