/** Dialogues against the AT channel: each command line is executed, and the `#=` lines of the file say what comes of it. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AtError } from '../../src/at/at-error.ts';
import { AtChannel } from '../../src/at/channel.ts';
import type { Command } from '../../src/at/command.ts';
import { quote, unquote } from '../../src/util/quote.ts';
import { type Dialogue, loadDialogues } from '../dialogue/parser.ts';
import { writeOut } from '../dialogue/pattern.ts';
import { playDialogue } from '../dialogue/player.ts';
import { describeSlicing, type Slicing } from '../dialogue/slices.ts';
import { type Grammar, grammars } from './grammars.ts';

const ALL_SLICINGS: readonly Slicing[] = ['whole', 'bytes', { seed: 1 }, { seed: 2 }, { seed: 3 }];
/** What lives through two does not die of five, and each mutant costs all of them. */
const SLICINGS = ALL_SLICINGS.slice(0, process.env.STRYKER_MUTATOR_WORKER ? 2 : undefined);
const VARIABLES = { noise: 'x'.repeat(10_000) };

const isUrc = (line: string): boolean => line.startsWith('urc');

/** What a file says, with one spelling for every byte. */
function outcomesOf({ outcomes }: Dialogue): string[] {
  return outcomes.map(outcome => outcome.replace(/(?<=^(?:urc-)?data ).*/, data => quote(unquote(data))));
}

interface Story {
  /** What the commands gave, in order. */
  readonly results: string[];
  /** What came unasked, in order. Where it stands between results depends on chunk borders (architecture 4.3). */
  readonly urcs: string[];
}

async function runDialogue(
  dialogue: Dialogue,
  grammar: Grammar,
  slicing: Slicing,
): Promise<Story & { unknownLines: number }> {
  const advance = (ms: number): unknown => vi.advanceTimersByTimeAsync(ms);
  const player = playDialogue(dialogue, { slicing, advance, variables: VARIABLES });
  const channel = new AtChannel(await player.transport.open(), { timeoutMs: 10_000, fenceTimeoutMs: 3_000 });
  channel.framing = grammar.framing(dialogue);
  const results: string[] = [];
  const urcs: string[] = [];
  let closed: Error | undefined;
  void channel.closed.then(reason => {
    closed = reason;
  });
  channel.on('urc', ({ line }) => {
    urcs.push(`urc ${quote(Buffer.from(line, 'latin1'))}`);
  });
  for (const prefix of grammar.urcNames) {
    channel.onUrc({ prefix, parse: (_, data) => ({ data }) }, ({ data }) => {
      // The event with the line follows.
      if (data) queueMicrotask(() => urcs.push(`urc-data ${quote(data)}`));
    });
  }
  const running = (async () => {
    for (const command of commandsOf(dialogue, grammar)) {
      if (!closed) results.push(...(await execute(channel, command)));
    }
  })();
  await player.finish();
  await running;
  await vi.advanceTimersByTimeAsync(0);
  if (closed) results.push('closed');
  await channel.close();
  return { results, urcs, unknownLines: channel.stats.unknownLines };
}

async function execute(channel: AtChannel, command: Command<string[]>): Promise<string[]> {
  try {
    return [...(await channel.execute(command)), 'ok'];
  } catch (error) {
    if (!(error instanceof AtError)) throw error;
    return [`failed ${error.kind} ${error.refused ? error.value : ''}`.trim()];
  }
}

/** The command lines of a dialogue, without those that the channel writes by itself. */
function commandsOf(dialogue: Dialogue, grammar: Grammar): Command<string[]>[] {
  const said = dialogue.steps.flatMap(step =>
    step.kind === 'bytes' && step.from === 'host' ? [step.pattern] : [],
  );
  const written = said.map(pattern => writeOut(pattern, new Map()));
  return said.flatMap((pattern, index) => {
    const [, line] = /^AT(.*)\r$/.exec(written[index]?.toString('latin1') ?? '') ?? [];
    // A fence asks what it likes, so its questions begin with a variable, or with the register of its number.
    const isProbe =
      line?.startsWith('S10') || (!Buffer.isBuffer(pattern[1]) && pattern[0]?.toString() === 'AT');
    return line === undefined || isProbe ? [] : [command(line, written[index + 1], grammar)];
  });
}

function command(line: string, next: Buffer | undefined, grammar: Grammar): Command<string[]> {
  const written =
    next && next[0] !== 0x1b && !next.toString('latin1').startsWith('AT') ? next : Buffer.from('abc');
  return {
    line,
    ...grammar.traits(line),
    ...(/^\+CGM|^\+CG?SN/.test(line) && { text: true }),
    ...(line === '+CEREG?' && { accepts: params => typeof params[1] === 'number' }),
    ...(line.startsWith(`${grammar.sendName}=`) && !line.endsWith('=?') && { payload: written }),
    parse: ({ info }) => info.flatMap(({ text, data }) => (data ? [text, `data ${quote(data)}`] : [text])),
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const slicings = SLICINGS.map(slicing => [describeSlicing(slicing), slicing] as const);

describe.each([
  ['generic', grammars.generic],
  ['sms', grammars.sms],
  ['sms/faulty', grammars.sms],
  ['sequans/faulty', grammars.sequans],
  ['quectel-qfwd/faulty', grammars['quectel-qfwd']],
] as const)('%s: the channel makes of it what the file says', (folder, grammar) => {
  describe.each(loadDialogues(join(import.meta.dirname, folder)))('$file: $title', dialogue => {
    it.each(slicings)('%s', async (_, slicing) => {
      const { results, urcs } = await runDialogue(dialogue, grammar, slicing);
      expect(results).toEqual(outcomesOf(dialogue).filter(line => !isUrc(line)));
      expect(urcs).toEqual(outcomesOf(dialogue).filter(isUrc));
    });
  });
});

describe.each([
  ['sequans', grammars.sequans],
  ['quectel-qfwd', grammars['quectel-qfwd']],
] as const)('%s: the channel understands every line', (folder, grammar) => {
  describe.each(loadDialogues(join(import.meta.dirname, folder)))('$file: $title', dialogue => {
    it.each(slicings)('%s', async (_, slicing) => {
      const { results, unknownLines } = await runDialogue(dialogue, grammar, slicing);
      expect(unknownLines).toBe(0);
      const ends = results.filter(result => /^(ok|failed (error|cme|other)\b.*)$/.test(result));
      expect(ends).toHaveLength(commandsOf(dialogue, grammar).length);
      expect(results.filter(result => /^failed (timeout|reply|closed)/.test(result))).toEqual([]);
    });
  });
});
