/** A client that does not read costs the daemon little memory and the others nothing; one that reads is not taken for it. */
import { createConnection } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createSim, listenSim } from '../../src/sim/index.ts';
import { needBuild } from '../support/programs.ts';
import { type Running, start, within } from '../tools/run-cli.ts';
import { RawClient } from './bench.ts';

const MIB = 2 ** 20;
const PASSING = 50 * MIB;
/** Comes at once, and then nothing until all who read have it. */
const BURST = MIB;
const LINE = `+XYZ: "${'x'.repeat(993)}"`;
/** With the ends of line before and behind it. */
const LINE_BYTES = LINE.length + 4;

/** What a client hears that is there. */
const READY = '\r\nOK\r\n';

/** In the daemon: what is in use after all garbage is gone, asked for by a signal. */
const MEMORY_PROBE = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    gc(); gc();
    const { heapUsed, external } = process.memoryUsage();
    console.error('memory ' + (heapUsed + external));
  });`;

async function memory(daemon: Running): Promise<number> {
  daemon.process.kill('SIGUSR2');
  return Number((await daemon.line(/^memory/)).split(' ')[1]);
}

/** Counts what it is sent, and says when it has heard so much. */
class Reader {
  #heard = 0;
  #look = (): void => {};

  constructor(port: number) {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.write('AT\r');
    socket.on('data', chunk => {
      this.#heard += chunk.length;
      this.#look();
    });
    onTestFinished(() => void socket.destroy());
  }

  async hears(bytes: number): Promise<void> {
    const heard = new Promise<void>(resolve => {
      this.#look = () => this.#heard >= bytes && resolve();
      this.#look();
    });
    await within(30_000, `${bytes} bytes`, heard);
    expect(this.#heard).toBe(bytes);
  }
}

test(`${PASSING / MIB} MiB in bursts of ${BURST / MIB} MiB pass a client that stopped: +2 MB at most`, {
  timeout: 240_000,
}, async () => {
  needBuild();
  const sim = createSim();
  const line = await listenSim(sim);
  onTestFinished(async () => {
    await line.close();
    await sim.close();
  });
  const probe = `--import=data:text/javascript,${encodeURIComponent(MEMORY_PROBE)}`;
  const args = ['share', '-m', `tcp://127.0.0.1:${line.port}`, '--listen', '127.0.0.1:0'];
  const daemon = start(args, { NODE_OPTIONS: probe });
  const port = Number(new URL((await daemon.line(/^tcp:/)).replace('tcp', 'http')).port);
  const reader = new Reader(port);
  let passed = READY.length;
  await reader.hears(passed);
  const pass = async (): Promise<void> => {
    for (const end = passed + BURST; passed < end; passed += LINE_BYTES) sim.urc(LINE);
    await reader.hears(passed);
  };
  for (let warm = 0; warm < 10; warm++) await pass();
  const before = await memory(daemon);
  const stopped = new RawClient(port);
  await stopped.ask('AT');
  stopped.socket.pause();
  const dropped = daemon.line(/dropped, it does not read/);
  let most = 0;
  for (const end = passed + PASSING; passed < end; ) {
    await pass();
    most = Math.max(most, await memory(daemon));
  }
  await dropped;
  expect(most - before).toBeLessThan(2 * MIB);
});
