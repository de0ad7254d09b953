/** Runs programs with the register hook, and says what went over the modem. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/programs.ts';
import { type Ended, runNode } from '../tools/run-cli.ts';

/** All that the programs do here has to go over the modem, which reaches nothing but loopback. */
export const OVER_THE_MODEM = '127.0.0.0/8=modem, ::1=modem, localhost=modem';

export interface Hooked extends Ended {
  /** Command lines that were written to the modem. */
  readonly commands: readonly string[];
}

/** @param args of Node: a program, or `-e` and its text */
export async function runHooked(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Hooked> {
  const trace = join(temporaryFolder(), 'trace');
  const hook = { ATSOCK_TRACE: trace, ATSOCK_QUIET: '1', ...env };
  const ended = await runNode(['--import', 'atsock/register', ...args], hook).ended;
  const lines = existsSync(trace) ? readFileSync(trace, 'utf8').split('\n') : [];
  return { ...ended, commands: lines.flatMap(line => /^> +(AT.*)$/.exec(line)?.[1] ?? []) };
}
