/** A serial port that goes away, gets stuck or is slow: everything under way ends, and what arrives is byte-exact. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim, openPty, type SimOptions } from '../../src/sim/index.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { relayed } from '../../src/transport/relay-stream.ts';
import { createSerialTransport } from '../../src/transport/serial.ts';
import type { ByteStream } from '../../src/transport/transport.ts';
import { createRandom } from '../../src/util/random.ts';
import { needBuild, needProgram } from '../support/programs.ts';
import { runProgram, within } from '../tools/run-cli.ts';
import { TYPICAL } from './modems.ts';
import { openEcho } from './sockets.ts';
import { openServer } from './streams.ts';

/** For what must end at once; long enough for a computer that is busy with other things. */
const SOON_MS = 4_000;

/** Behind the pty is whatever reads and writes the other end. */
async function openPort(skip: TestContext['skip'], far: ByteStream): Promise<string> {
  needProgram(skip, 'socat');
  const pty = await openPty({ transport: { name: 'far end', open: async () => far } });
  onTestFinished(() => pty.close());
  return pty.path;
}

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test('unplugged after each write: every operation ends, once', { timeout: 120_000 }, async ({ skip }) => {
    needProgram(skip, 'socat');
    const echo = await openEcho();
    const server = await openServer(socket => socket.pipe(socket));
    let whole = false;
    let writes = 0;
    while (!whole) {
      writes++;
      whole = await runUntilUnplugged(simOptions, writes, [echo.port, server.port]);
    }
    // Attention, identity, SIM, network, a datagram, a connection: fewer would mean that little was cut.
    expect(writes).toBeGreaterThan(25);
  });
});

/** True if the work was over before so many writes. */
async function runUntilUnplugged(
  simOptions: SimOptions,
  writes: number,
  [udpPort, tcpPort]: readonly [number, number],
): Promise<boolean> {
  const sim = createSim(simOptions);
  let left = writes;
  let unplug = (): void => {};
  const counted = relayed(() => ({
    sent: chunk => {
      if (--left === 0) unplug();
      return [chunk];
    },
    received: chunk => [chunk],
  }));
  const pty = await openPty({ transport: counted(sim.transport) });
  const unplugged = new Promise<void>(resolve => {
    unplug = () => void pty.close().then(resolve);
  });
  const modem = new Modem(
    async () => ({ options: {}, createTransport: async () => createSerialTransport({ path: pty.path }) }),
    { reopen: 'off' },
  );
  const calls: Record<string, number> = {};
  /** It may fail, but it ends; from the time of the unplugging on soon. */
  const ends = async (name: string, work: Promise<unknown>): Promise<void> => {
    const late = unplugged.then(() => within(SOON_MS, `${name}, write ${writes}`, work));
    late.catch(() => {});
    await Promise.race([work, late]).catch(error => {
      if (String(error).includes('not within')) throw error;
    });
  };
  const called =
    (name: string, done = (): void => {}) =>
    (): void => {
      calls[name] = (calls[name] ?? 0) + 1;
      done();
    };
  const closed = new Promise<void>(resolve => modem.on('state', state => state === 'closed' && resolve()));

  await ends('open', modem.open());
  if (modem.state === 'ready') {
    const socket = modem.dgram.createSocket('udp4');
    socket.on('error', () => {});
    const heard = new Promise<void>(resolve => void socket.once('message', () => resolve()));
    await ends(
      'send',
      new Promise<void>(resolve => socket.send('hello', udpPort, '127.0.0.1', called('send', resolve))),
    );
    await ends('message', Promise.race([heard, closed]));
    await ends('close', new Promise<void>(resolve => socket.close(called('close', resolve))));
    const stream = modem.net.connect(tcpPort, '127.0.0.1');
    const over = new Promise<void>(resolve => void stream.on('close', called('tcp close', resolve)));
    stream.on('error', called('tcp error'));
    stream.on('data', () => stream.end());
    stream.write('hello', called('write'));
    await ends('connection', over);
    expect(calls).toMatchObject({ send: 1, close: 1, write: 1, 'tcp close': 1 });
    expect(calls['tcp error'] ?? 0).toBeLessThanOrEqual(1);
  }
  await ends('modem.close', modem.close());
  await pty.close();
  await sim.close();
  return left > 0;
}

/** Writes much to a port of which nobody takes anything, and ends. */
const STUCK = `
  import { createSerialTransport } from './dist/transport/serial.js';
  const stream = await createSerialTransport({ path: process.env.PORT }).open();
  let calls = 0;
  stream.write(Buffer.alloc(1 << 20), error => console.log('written', ++calls, error?.code));
  stream.on('close', () => console.log('closed'));
  await new Promise(resolve => setTimeout(resolve, 100));
  stream.destroy();
  console.log('destroyed');
`;

test('output that is stuck does not hold the process', async ({ skip }) => {
  needBuild();
  // Nobody reads the other half of the pair.
  const port = await openPort(skip, createMemoryPair()[0]);
  const program = runProgram(STUCK, { PORT: port });
  await program.line(/^destroyed$/);
  const { code, stdout } = await within(SOON_MS, 'the end', program.ended);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('closed') });
  expect(stdout.match(/^written/gm)).toHaveLength(1);
});

test('a far end that takes a byte at a time gets every byte (seed 54)', async ({ skip }) => {
  const [line, far] = createMemoryPair();
  const path = await openPort(skip, line);
  const stream = await createSerialTransport({ path }).open();
  onTestFinished(() => void stream.destroy());
  const random = createRandom(54);
  const sent = Buffer.from(Array.from({ length: 200_000 }, () => random(256)));
  let written = 0;
  for (let at = 0, end = 0; at < sent.length; at = end) {
    end = at + 1 + random(20_000);
    stream.write(sent.subarray(at, end), () => void written++);
  }
  const heard = createHash('sha256');
  let bytes = 0;
  while (bytes < sent.length) {
    const byte: Buffer | null = far.read(1);
    if (byte === null) await once(far, 'readable');
    else {
      heard.update(byte);
      bytes++;
    }
  }
  expect(heard.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  expect(written).toBeGreaterThan(0);
});
