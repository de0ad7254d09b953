/**
 * A hostile modem's logic (reliability.md S15): mutated and foreign lines of the dialogues, against the whole of atsock. The
 * simulator hears and does what it is told, and lies about it; a socket that it says it has refused may stay open on it.
 */
import { describe, expect, test } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim } from '../../src/sim/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { VirtualTime } from '../faults/virtual-time.ts';
import { DIALECTS, type Dialect } from './corpus.ts';
import { Mutator } from './mutator.ts';
import { runs, timeLimit } from './runs.ts';
import { BYTES, tcpTalker, udpTalker } from './talkers.ts';

const SEEDS = runs(60);
/** How long the modem is hostile. */
const HOSTILE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Three time-outs of the longest command: AT+CGATT=1, which is asked where the modem says that it is not attached. */
const BACK_MS = 3 * 180_000;
/** Where the Quectel driver sends what it tries the forms of payloads with: to nobody. */
const DISCARD_PORT = 9;

interface Report {
  readonly bytes: number;
  readonly struck: number;
  readonly backMs: number;
  readonly violations: readonly string[];
}

describe.each(DIALECTS)('$name', dialect => {
  test(`seeds 1 to ${SEEDS}`, { timeout: timeLimit(90_000) }, async ({ annotate }) => {
    const violations: string[] = [];
    const sum = { bytes: 0, struck: 0, backMs: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const report = await meet(dialect, seed);
      sum.bytes += report.bytes;
      sum.struck += report.struck;
      sum.backMs = Math.max(sum.backMs, report.backMs);
      violations.push(...report.violations.map(violation => `seed ${seed}: ${violation}`));
    }
    await annotate(`${sum.bytes} bytes, ${sum.struck} mutations, back after ${sum.backMs / 1_000} s at most`);
    expect(violations).toEqual([]);
    expect(sum.struck).toBeGreaterThan(20 * SEEDS);
  });
});

async function meet(dialect: Dialect, seed: number): Promise<Report> {
  const time = new VirtualTime();
  const violations: string[] = [];
  const stray = (error: unknown): void =>
    void violations.push(error instanceof Error ? `${error.stack}` : `${error}`);
  process.on('unhandledRejection', stray).on('uncaughtException', stray).on('warning', stray);
  time.install();
  try {
    return await converse(dialect, seed, time, violations);
  } finally {
    time.uninstall();
    process.off('unhandledRejection', stray).off('uncaughtException', stray).off('warning', stray);
  }
}

async function converse(
  dialect: Dialect,
  seed: number,
  time: VirtualTime,
  violations: string[],
): Promise<Report> {
  const sim = createSim({ commandSet: dialect.name, seed });
  const modem = new Modem(async () => ({ options: {}, createTransport: async () => sim.transport }));
  const mutator = new Mutator(dialect, createRandom(seed));
  let backMs = 0;
  try {
    await time.run('opening', HOUR_MS, modem.open());
    const ears = { time, wrong: (what: string): void => void violations.push(what) };
    const talkers = await Promise.all([
      ...[1, 2, 3].map(number => tcpTalker(modem, number, ears)),
      ...[4, 5].map(number => udpTalker(modem, number, ears)),
    ]);
    sim.mouth = (saying, pass) => {
      time.touch();
      pass(mutator.mutate(saying));
    };
    for (const talker of talkers) talker.talk();
    await time.run('hostility', HOUR_MS, new Promise<void>(resolve => setTimeout(resolve, HOSTILE_MS)));
    sim.mouth = undefined;
    const from = time.now;
    await time.run('the end', BACK_MS, Promise.all(talkers.map(talker => talker.stop())));
    violations.push(
      ...unasked(
        sim.received,
        talkers.map(({ port }) => port),
      ),
    );
    await time.run('the way back', BACK_MS + from - time.now, isBack(modem, time));
    backMs = time.now - from;
    await time.run('closing', BACK_MS, modem.close());
  } catch (error) {
    violations.push((error as Error).message);
  }
  await sim.close();
  return { bytes: sim.bytes.toHost, struck: mutator.struck, backMs, violations };
}

/** What was opened that nobody asked for: another peer, a listener for TCP, or a caller that was accepted. */
function unasked(received: readonly string[], ports: readonly number[]): string[] {
  return received.filter(line => {
    if (/^AT\+SQNS[LA]=|^AT\+QFWDSER?VER=.*"tcp"/i.test(line)) return true;
    const [, dialled] =
      /^AT\+SQNSD=\d+,\d,(\d+)/.exec(line) ??
      /^AT\+QFWDCLIENT=.*","(?:tcp|udp)","[^"]*",(\d+)/i.exec(line) ??
      [];
    return dialled !== undefined && ![...ports, DISCARD_PORT].includes(Number(dialled));
  });
}

/** A new connection works. */
async function isBack(modem: Modem, time: VirtualTime): Promise<void> {
  const talker = await tcpTalker(modem, 9, { time, wrong: () => {} });
  const before = modem.stats().payloadReceived;
  talker.talk();
  while (modem.stats().payloadReceived < before + BYTES)
    await new Promise(resolve => setTimeout(resolve, 100));
  await talker.stop();
}
