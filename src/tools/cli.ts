#!/usr/bin/env node
/** The command line: argv → subcommand → exit code. */
import { Command, CommanderError } from 'commander';
import { addAt } from './commands/at.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addInfo } from './commands/info.ts';
import { addList } from './commands/list.ts';
import { addResolve } from './commands/resolve.ts';
import { addRun } from './commands/run.ts';
import { addServe } from './commands/serve.ts';
import { addShare } from './commands/share.ts';
import { addSim } from './commands/sim.ts';
import { addSms } from './commands/sms.ts';
import { addSocks } from './commands/socks.ts';
import { addStatus } from './commands/status.ts';
import { addTcp } from './commands/tcp.ts';
import { addUdp } from './commands/udp.ts';
import { addWatch } from './commands/watch.ts';
import { Interrupted, watchInterruptions } from './interruption.ts';
import { UsageError } from './options.ts';
import { complain, complainOf } from './output.ts';
import { packageVersion } from './package-version.ts';

const WRONG_USAGE = 2;
const HELP = `
Which modem: -m URL, or ATSOCK_MODEM. "atsock list --probe" finds the ports that have one; "sim:sequans" is a simulated one.
What a command takes: atsock COMMAND --help.

Exit codes: 0 done; 1 failed, and one line on standard error says why; 2 wrong usage; 128 + n ended by signal n before it
was done. What runs until it is told to stop ends with 0 then. The first SIGINT, SIGTERM or SIGHUP closes the modem's
connections, which takes 5 seconds at most; the second does not wait.`;

/** As the help shows them. */
const COMMANDS = {
  'Without hardware:': [addDemo, addSim],
  'Find a modem, and what is wrong with it:': [addList, addDoctor, addInfo, addStatus, addAt],
  'Send and receive:': [addUdp, addTcp, addResolve, addSms],
  'Your programs over the modem:': [addRun, addSocks, addShare, addServe],
  'Keep it alive:': [addWatch],
};

function createProgram(signal: AbortSignal): Command {
  const program = new Command('atsock')
    .description("Node's own sockets over the AT commands of a cellular modem.")
    .version(packageVersion())
    .helpCommand(false)
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({ outputError: text => complain(text.replace(/^error: /, '')) });
  for (const [heading, adders] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const add of adders) add(program, signal);
  }
  return program;
}

async function main(): Promise<number> {
  const signal = watchInterruptions();
  try {
    await createProgram(signal).parseAsync();
    // That of a program which was run.
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // However it failed: after Ctrl-C it failed because of that.
    if (signal.reason instanceof Interrupted) return signal.reason.exitCode;
    // It has spoken already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    complainOf(error);
    return error instanceof UsageError ? WRONG_USAGE : 1;
  }
}

const exitCode = await main();
// Standard input may still be open and would keep the process; what was printed must be out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
