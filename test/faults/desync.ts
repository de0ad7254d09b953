/** T-DESYNC (reliability.md 2.2): is an answer ever given to another command, and how soon is the channel back? */
import { AtError } from '../../src/at/at-error.ts';
import { attend } from '../../src/at/attention.ts';
import type { AtChannel } from '../../src/at/channel.ts';
import { type Command, set } from '../../src/at/command.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { createRandom } from '../../src/util/random.ts';
import { LateModem, type ModemKind } from './late-modem.ts';
import { VirtualTime } from './virtual-time.ts';

export interface Cell {
  readonly modem: ModemKind;
  /** It has S-registers, so that a fence can be a number. */
  readonly registers: boolean;
}

export const DESYNC_CELLS: readonly Cell[] = (['queue', 'drop', 'abort'] as const).flatMap(modem =>
  [true, false].map(registers => ({ modem, registers })),
);

export interface DesyncReport {
  /** Results that belong to another command. */
  readonly wrong: number;
  readonly failed: number;
  readonly reopened: number;
  /** From a failure to the next command on the line, in time-outs. */
  readonly recoveries: { readonly count: number; readonly sum: number };
  readonly worst: number;
}

/** One time-out, of commands and probes alike. */
const LIMIT_MS = 1_000;
/** Nothing but memory between the two: one turn of the loop is quiet enough. */
const QUIET_TURNS = 1;
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

export async function runDesync(
  options: Cell & { readonly commands: number; readonly seed: number },
): Promise<DesyncReport> {
  const time = new VirtualTime(QUIET_TURNS);
  time.install();
  try {
    return await time.run('desync', FOREVER_MS, converse(options, time));
  } finally {
    time.uninstall();
  }
}

async function converse(
  { modem: kind, registers, commands, seed }: Parameters<typeof runDesync>[0],
  time: VirtualTime,
): Promise<DesyncReport> {
  const modem = new LateModem(kind, registers, createRandom(seed), LIMIT_MS);
  const recoveries = { count: 0, sum: 0 };
  let [wrong, failed, reopened, worst] = [0, 0, 0, 0];
  let failedAt: number | undefined;
  modem.heard = () => {
    if (failedAt === undefined) return;
    const took = (time.now - failedAt) / LIMIT_MS;
    recoveries.count++;
    recoveries.sum += took;
    worst = Math.max(worst, took);
    failedAt = undefined;
  };
  let channel = await open(modem);
  for (let number = 1; number <= commands; number++) {
    const tells = number % 2 === 0;
    try {
      const heard = await channel.execute(tells ? tell(number) : act(number));
      if (modem.answered !== number || (tells && heard !== number)) wrong++;
    } catch (error) {
      if (!(error instanceof AtError)) throw error;
      failed++;
      failedAt ??= time.now;
      if (error.kind !== 'closed') continue;
      reopened++;
      channel = await open(modem);
    }
  }
  await channel.close();
  return { wrong, failed, reopened, recoveries, worst };
}

const act = (number: number): Command<unknown> => set('+DO', [number]);

const tell = (number: number): Command<unknown> =>
  set('+TELL', [number], { prefix: '+TELL', parse: ({ info }) => info[0]?.params[0] });

/** Until it answers: a modem that is late may well miss the first attempts. */
async function open(modem: LateModem): Promise<AtChannel> {
  for (;;) {
    const [near, far] = createMemoryPair();
    modem.connect(far);
    try {
      return await attend(near, { timeoutMs: LIMIT_MS, fenceTimeoutMs: LIMIT_MS, probeMs: LIMIT_MS });
    } catch {
      // Once more.
    }
  }
}
