/** A recording of a modem in use: lanes, bytes by socket, what commands waited for, and a page that nothing can break out of. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Modem } from '../../../src/modem.ts';
import { parseModemUrl } from '../../../src/modem-url.ts';
import { page } from '../../../src/trace/page.ts';
import { TraceRecorder } from '../../../src/trace/recorder.ts';
import { sharesOf } from '../../../src/trace/shares.ts';
import { WatchedDriver } from '../../../src/trace/watched-driver.ts';

const HOSTILE = '</script><script>alert(1)</script>';

async function record(dialect: string, recorder: TraceRecorder): Promise<void> {
  const server = createServer(peer => peer.pipe(peer)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = parseModemUrl(`sim:${dialect}?host=echo.test=127.0.0.1`);
  await using modem = new Modem(async () => url, {
    trace: text => recorder.line(text),
    watch: driver => new WatchedDriver(driver, recorder),
  });
  await modem.open();
  const address = server.address();
  const socket = modem.net.connect(typeof address === 'object' ? (address?.port ?? 0) : 0, 'echo.test');
  socket.write(HOSTILE);
  const [echo] = await once(socket, 'data');
  expect(String(echo)).toBe(HOSTILE);
  socket.destroy();
  await once(socket, 'close');
}

test.each(['sequans', 'quectel-qfwd'])('%s: every lane, every byte, every command', async dialect => {
  const recorder = new TraceRecorder();
  await record(dialect, recorder);
  const recording = recorder.finish();
  const tcp = recording.sockets.find(({ title }) => title.startsWith('TCP'));
  expect(tcp).toMatchObject({ sent: HOSTILE.length, received: HOSTILE.length });
  const passed = new Set(recording.steps.map(({ from, to }) => `${from} ${to}`));
  expect([...passed].sort()).toEqual([
    'library modem',
    'library program',
    'modem library',
    'modem network',
    'network modem',
    'program library',
  ]);
  const times = recording.steps.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(
    recording.commands.every(each => each.queuedAt <= each.writtenAt && each.writtenAt <= each.endedAt),
  ).toBe(true);
  const ofTcp = sharesOf(recording).find(({ socket }) => socket === tcp);
  expect(ofTcp?.commands).toBeGreaterThan(3);
  expect(ofTcp?.air).toBeGreaterThan(0);
  expect(ofTcp?.line).toBe(0);
});

test('the line takes its share where it has a speed', async () => {
  const recorder = new TraceRecorder(1);
  await record('sequans', recorder);
  const shares = sharesOf(recorder.finish());
  // At one bit per second it is never the modem's fault.
  expect(shares.every(({ modem }) => modem === 0)).toBe(true);
  expect(shares[0]?.line).toBeGreaterThan(0);
});

test('what peers and programs say stays text on the page', async () => {
  const recorder = new TraceRecorder();
  await record('sequans', recorder);
  recorder.step('program', 'library', `" onload="alert(1)" '${HOSTILE}`);
  const html = page(recorder.finish());
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toContain('onload="');
  expect(html).not.toMatch(/(src|href)=|url\(|@import/);
});

test('a recording that is full says how much it left out', () => {
  const recorder = new TraceRecorder();
  for (let step = 0; step < 5_010; step++) recorder.step('library', 'modem', 'AT');
  const recording = recorder.finish();
  expect(recording.steps).toHaveLength(5_000);
  expect(page(recording)).toContain('10 later steps are not shown');
});
