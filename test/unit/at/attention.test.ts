/** Attention: a modem is found behind noise, echo, numeric results, another speed, or not at all. */
import { expect, test, vi } from 'vitest';
import { attend, type Line } from '../../../src/at/attention.ts';
import { openChannel } from '../../../src/at/index.ts';
import { createSim } from '../../../src/sim/index.ts';
import { createMemoryPair } from '../../../src/transport/memory.ts';
import { createRandom } from '../../../src/util/random.ts';
import { FarEnd } from '../../support/far-end.ts';

const QUICK = { probeMs: 50, fenceTimeoutMs: 500 };

function open(): { line: Line; modem: FarEnd } {
  const [line, far] = createMemoryPair();
  return { line, modem: new FarEnd(far) };
}

async function settle(modem: FarEnd): Promise<void> {
  await modem.answerProbe();
  for (const line of ['E0', 'V1', '+CMEE=1']) await modem.answer(line, 'OK');
}

test('an answering modem needs one AT', async () => {
  const { line, modem } = open();
  const attended = attend(line, QUICK);
  await modem.hear('\x1bAT\r');
  modem.raw('\x1bAT\r\r\nOK\r\n');
  await settle(modem);
  await (await attended).close();
});

test('openChannel() opens the transport and gives back the channel', async () => {
  const { line, modem } = open();
  const opening = openChannel({ open: async () => line });
  await modem.hear('\x1bAT\r');
  modem.say('OK');
  await settle(modem);
  const channel = await opening;
  const reply = channel.send('AT+CSQ');
  await modem.answer('+CSQ', '+CSQ: 20,99', 'OK');
  expect(await reply).toEqual(['+CSQ: 20,99']);
  await channel.close();
});

test('noise, a URC and numeric results before the answer', async () => {
  const { line, modem } = open();
  const attended = attend(line, QUICK);
  await modem.hear('\x1bAT\r');
  modem.raw(`${'\xff\0'.repeat(2_000)}\r\n+CREG: 1\r\n0\r`);
  await modem.hear('\x1bATQ0V1E0\r');
  modem.raw('\r\nOK\r\n');
  await settle(modem);
  await (await attended).close();
});

test('late answers to the first tries are not taken for later ones', async () => {
  const { line, modem } = open();
  const attended = attend(line, QUICK);
  await modem.hear('\x1bAT\r');
  await modem.hear('\x1bATQ0V1E0\r');
  modem.say('OK');
  const probe = await modem.hearLine();
  modem.say('OK', '003', /=(\d+)/.exec(probe)?.[1] ?? '', 'OK');
  for (const text of ['S10=3', 'E0', 'V1', '+CMEE=1']) await modem.answer(text, 'OK');
  await (await attended).close();
});

test('the speed is searched where the line has one', async () => {
  const { line, modem } = open();
  const rates: number[] = [];
  const lineControl = { baudRate: 9_600, setBaudRate: async (rate: number) => void rates.push(rate) };
  const attended = attend(Object.assign(line, { lineControl }), QUICK);
  while (rates.at(-1) !== 460_800) await modem.hearLine();
  modem.say('OK');
  await settle(modem);
  expect(rates).toEqual([115_200, 921_600, 460_800]);
  await (await attended).close();
});

test.each([115_200, 921_600, 460_800, 230_400, 57_600, 9_600])(
  'behind garbage of up to 4096 bytes at every probe, at %i baud (its seed)',
  async right => {
    const random = createRandom(right);
    const garbage = (): Buffer => Buffer.from(Array.from({ length: random(4_097) }, () => random(256)));
    const sim = createSim();
    const modem = await sim.transport.open();
    const [line, far] = createMemoryPair();
    let baudRate = 115_200;
    let probes = 0;
    let answered = false;
    far.on('data', chunk => {
      if (!answered) {
        probes++;
        far.write(garbage());
      }
      if (baudRate === right) modem.write(chunk);
    });
    modem.on('data', chunk => {
      answered = true;
      far.write(chunk);
    });
    far.write(garbage());
    const lineControl = {
      get baudRate() {
        return baudRate;
      },
      setBaudRate: async (rate: number) => {
        baudRate = rate;
      },
    };
    const channel = await attend(Object.assign(line, { lineControl }), QUICK);
    expect(probes).toBeLessThanOrEqual(6 * 2 + 3);
    expect(baudRate).toBe(right);
    expect(await channel.send('+CGMM')).toEqual(['GM02S']);
    await channel.close();
    await sim.close();
  },
);

test('a modem left online is called back', async () => {
  const { line, modem } = open();
  const attended = attend(line, QUICK);
  for (const text of ['\x1bAT\r', '\x1bATQ0V1E0\r', '+++']) await modem.hear(text);
  modem.say('OK');
  await modem.hear('\x1bAT\r');
  modem.say('OK');
  await settle(modem);
  await (await attended).close();
});

test('nobody there: one sentence that says what was tried', async () => {
  const { line } = open();
  await expect(attend(line, QUICK)).rejects.toThrow('no modem answers: AT was sent, and +++');
  expect(line.destroyed).toBe(true);
});

test('nobody there on a line with a speed: all of them are named, and the first stands again', async () => {
  const { line } = open();
  const rates: number[] = [];
  const lineControl = { baudRate: 9_600, setBaudRate: async (rate: number) => void rates.push(rate) };
  const options = { probeMs: 5, signal: new AbortController().signal };
  const attended = attend(Object.assign(line, { lineControl }), options);
  await expect(attended).rejects.toThrow(/ at 9600, 115200, .* 57600 baud, and \+\+\+/);
  expect(rates).toEqual([115_200, 921_600, 460_800, 230_400, 57_600, 9_600]);
});

test('can be cancelled', async () => {
  const { line, modem } = open();
  const abort = new AbortController();
  const attended = attend(line, { ...QUICK, probeMs: 60_000, signal: abort.signal });
  await modem.hear('\x1bAT\r');
  abort.abort();
  await expect(attended).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  expect(line.destroyed).toBe(true);
});

test('can be cancelled while earlier answers are waited for', async () => {
  const { line, modem } = open();
  const abort = new AbortController();
  const attended = attend(line, { fenceTimeoutMs: 60_000, signal: abort.signal });
  await modem.hear('\x1bAT\r');
  modem.say('OK');
  await modem.hearLine();
  abort.abort();
  await expect(attended).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  expect(line.destroyed).toBe(true);
});

test('an error of the line in a pause between two tries is no uncaught exception', async () => {
  const { line, modem } = open();
  const attended = attend(line, QUICK);
  const failed = expect(attended).rejects.toThrow('closed');
  for (const text of ['\x1bAT\r', '\x1bATQ0V1E0\r']) await modem.hear(text);
  await vi.waitFor(() => expect(line.listenerCount('data')).toBe(0));
  line.destroy(new Error('unplugged'));
  await failed;
});

test('the line closes meanwhile', async () => {
  const { line, modem } = open();
  const attended = attend(line, { ...QUICK, probeMs: 60_000 });
  await modem.hear('\x1bAT\r');
  modem.hangUp();
  await expect(attended).rejects.toThrow('closed');
});
