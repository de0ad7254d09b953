/** `atsock run -- COMMAND…`: runs a program with the register hook set, and ends as it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parseRules } from '../../register/rules.ts';
import { Interrupted } from '../interruption.ts';
import { parseUrl } from '../open.ts';
import { type ModemFlags, modemOption, UsageError } from '../options.ts';

interface RunFlags extends ModemFlags {
  readonly route?: string;
  readonly quiet?: true;
}

const HOOK = new URL('../../register.js', import.meta.url).href;

export function addRun(program: Command, signal: AbortSignal): void {
  program
    .command('run')
    .description('runs a program whose Node sockets go over the modem; the programs it starts, too')
    .argument('<command...>', 'the program and its arguments, after --')
    .addOption(modemOption())
    .addOption(
      new Option(
        '--route <rules>',
        'what goes where, the first rule that fits: 10.0.0.0/8=local, *.lan=local, *:53=local, listen *:8080=modem',
      ).env('ATSOCK_ROUTE'),
    )
    .option('--quiet', 'do not say on standard error what goes where')
    .option('--trace [file]', 'print the AT dialogue on standard error; --trace=FILE: into a file')
    .action(async ([file = '', ...args]: readonly string[], flags: RunFlags) => {
      process.exitCode = await run(file, args, { ...process.env, ...environment(flags) }, signal);
    });
}

/** What the hook reads, in every process of the program. What is wrong is said here already. */
function environment(flags: RunFlags): NodeJS.ProcessEnv {
  parseUrl(flags);
  try {
    parseRules(flags.route);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
  return {
    ATSOCK_MODEM: flags.modem,
    NODE_OPTIONS: [process.env.NODE_OPTIONS, `--import=${HOOK}`].filter(Boolean).join(' '),
    ...(flags.route !== undefined && { ATSOCK_ROUTE: flags.route }),
    ...(flags.quiet && { ATSOCK_QUIET: '1' }),
    ...(flags.trace !== undefined && { ATSOCK_TRACE: flags.trace === true ? '-' : emptied(flags.trace) }),
  };
}

/** The processes append to it. */
function emptied(path: string): string {
  if (/\.html?$/i.test(path))
    throw new UsageError('the trace of a program is text; give --trace another file name');
  closeSync(openSync(path, 'w', 0o600));
  return resolve(path);
}

/** → the exit code that a shell would give. */
async function run(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number> {
  const child = spawn(file, args, { env, stdio: 'inherit' });
  const passOn = (): void => {
    // A terminal has told both.
    if (signal.reason instanceof Interrupted && !process.stdin.isTTY) child.kill(signal.reason.signal);
  };
  signal.addEventListener('abort', passOn);
  const [code, killedBy] = (await once(child, 'exit').catch(cause => {
    throw new Error(`cannot run ${file}: ${cause.message}`, { cause });
  })) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (killedBy ? constants.signals[killedBy] : 0);
}
