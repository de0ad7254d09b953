/** `atsock at [LINE…]`: AT commands as they are, or a terminal for them. */
import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';
import type { Command } from 'commander';
import {
  type AtChannel,
  type Command as AtCommand,
  AtError,
  type Reply,
  rawCommand,
} from '../../at/index.ts';
import { redact } from '../../transport/traced.ts';
import { unlessAborted } from '../interruption.ts';
import { withLine } from '../open.ts';
import {
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
  UsageError,
} from '../options.ts';
import { complainOf, JsonArray, print, visible } from '../output.ts';

/** They would take the next command for their payload (sequans.md 3.6, 3.17; at-generic.md 4; quectel-qi.md). */
const ASKS_FOR_PAYLOAD = /(?:^|;)\s*(?:AT)?\+(SQNSSEND|SQNSSENDEXT|SQNSNVW|CMGS|CMGW|QISEND)=(?!\?)/i;

interface Answer {
  readonly command: string;
  readonly information: readonly string[];
  /** The final result code. */
  readonly result: string;
  /** What is wrong, for people, if the modem refused. */
  readonly refusal?: string;
}

interface Output {
  answer(answer: Answer): void;
  urc(line: string): void;
  end(): void;
}

export function addAt(program: Command, signal: AbortSignal): void {
  program
    .command('at')
    .description(
      'AT commands, or a terminal if none is given; talks to the modem as it is, registered or not',
    )
    .argument('[line...]', 'command lines, with or without AT; the first that is refused is the last')
    .addOption(modemOption())
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (lines: string[], flags: ModemFlags & OutputFlags) => {
      for (const line of lines) checkLine(line);
      const output = flags.json ? jsonOutput() : textOutput();
      try {
        await withLine(flags, signal, at =>
          lines.length > 0 ? runLines(at, lines, output) : runTerminal(at, output, signal),
        );
      } finally {
        output.end();
      }
    });
}

async function runLines(at: AtChannel, lines: readonly string[], output: Output): Promise<void> {
  for (const line of lines) {
    const answer = await ask(at, line);
    output.answer(answer);
    if (answer.refusal) throw new Error(answer.refusal);
  }
}

/** Lines that come while a command runs wait in the reader. A refusal does not end it, but counts in a script. */
async function runTerminal(at: AtChannel, output: Output, signal: AbortSignal): Promise<void> {
  const lines = openTerminal();
  const interactive = process.stdin.isTTY;
  let refused = 0;
  at.on('urc', ({ line }) => aside(lines, () => output.urc(line)));
  const lost = at.closed.then(reason => {
    throw reason ?? new Error('the line to the modem is closed');
  });
  const run = async (): Promise<void> => {
    for await (const line of lines) {
      if (line.trim() === '') continue;
      try {
        checkLine(line);
        const answer = await ask(at, line);
        output.answer(answer);
        if (answer.refusal) refused++;
      } catch (error) {
        if (error instanceof AtError && error.kind === 'closed') throw error;
        refused++;
        complainOf(error);
      }
    }
  };
  try {
    await unlessAborted(Promise.race([run(), lost]), signal);
  } finally {
    lines.close();
  }
  if (refused > 0 && !interactive) throw new Error(`${refused} of the commands failed`);
}

function openTerminal(): Interface {
  const { stdin: input, stdout } = process;
  if (!input.isTTY) return createInterface({ input });
  const lines = createInterface({ input, output: stdout, prompt: '' });
  // With line editing Ctrl-C is a key like any other.
  return lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
}

/** Prints without mixing with what is being typed. */
function aside(lines: Interface, show: () => void): void {
  if (lines.terminal) {
    clearLine(process.stdout, 0);
    cursorTo(process.stdout, 0);
  }
  show();
  if (lines.terminal) lines.prompt(true);
}

function checkLine(line: string): void {
  const name = ASKS_FOR_PAYLOAD.exec(line)?.[1];
  if (name === undefined) return;
  throw new UsageError(
    `+${name.toUpperCase()} asks for payload, which "atsock at" cannot give; "atsock udp" and "atsock tcp" can`,
  );
}

async function ask(at: AtChannel, text: string): Promise<Answer> {
  const raw = rawCommand(text);
  const reply: AtCommand<Reply> = { ...raw, parse: whole => whole };
  const command = redact(`AT${raw.line}`);
  try {
    const { info, result } = await at.execute(reply);
    return { command, information: info.map(({ text }) => text), result };
  } catch (error) {
    if (!(error instanceof AtError && error.refused)) throw error;
    return { command, information: [], result: finalResult(error), refusal: error.message };
  }
}

function finalResult({ kind, value = '' }: AtError): string {
  return kind === 'cme' || kind === 'cms' ? `+${kind.toUpperCase()} ERROR: ${value}` : value;
}

function textOutput(): Output {
  return {
    answer: ({ information, result }) => {
      for (const line of information) print(visible(line));
      print(result);
    },
    urc: line => print(visible(line)),
    end: () => {},
  };
}

function jsonOutput(): Output {
  const array = new JsonArray();
  return {
    answer: ({ command, information, result }) => array.add({ command, information, result }),
    urc: urc => array.add({ urc }),
    end: () => array.end(),
  };
}
