/** Runs the built command line and small programs in processes of their own, each with a deadline. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;
const CLI = `${ROOT}dist/tools/cli.js`;
const DEADLINE_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  /** Rejects when it does not end in time. */
  readonly ended: Promise<Ended>;
  /** The next line of either stream that matches. Rejects when the process ends without it. */
  line(pattern: RegExp): Promise<string>;
  /** Its standard output so far, as bytes. */
  output(): Buffer;
}

/** A subcommand: `atsock('info', '-m', url)`. No environment of ours reaches it, but what is given here. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return watch(spawn(process.execPath, [CLI, ...args], { env: { PATH: process.env.PATH, ...env } }));
}

/** The same to its end, with this on standard input. */
export function run(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const running = start(args, env);
  running.process.stdin.end(input);
  return running.ended;
}

/** A program that uses the built package. */
export function runProgram(source: string, env: NodeJS.ProcessEnv = {}): Running {
  return runNode(['--input-type=module', '-e', source], env);
}

/** Node with these arguments, where the built package and those of development are found. */
export function runNode(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return watch(spawn(process.execPath, args, { cwd: ROOT, env: { PATH: process.env.PATH, ...env } }));
}

/** A line of documentation, by the shell of its reader. */
export function runShell(line: string, env: NodeJS.ProcessEnv = {}): Running {
  const command = `exec env ${line}`;
  return watch(spawn('bash', ['-c', command], { cwd: ROOT, env: { PATH: process.env.PATH, ...env } }));
}

/** `atsock sim sequans` in a process of its own → the URL it prints. */
export const startSim = (...args: string[]): ReturnType<typeof startSimOf> => startSimOf('sequans', ...args);

export const DIALECTS = ['sequans', 'quectel-qfwd'] as const;

/** The same for any of them. */
export async function startSimOf(
  dialect: (typeof DIALECTS)[number],
  ...args: string[]
): Promise<{ readonly url: string; readonly sim: Running }> {
  const sim = start(['sim', dialect, ...args]);
  return { url: await sim.line(/^(tcp|serial):/), sim };
}

export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function watch(child: ChildProcessWithoutNullStreams): Running {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const output = (): Buffer => Buffer.concat(stdout);
  const said = (): { stdout: string; stderr: string } => ({
    stdout: output().toString(),
    stderr: Buffer.concat(stderr).toString(),
  });
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  const hear = (line: string): void => {
    seen.push(line);
    for (const look of waiting) look();
  };
  child.stdin.on('error', () => {});
  child.stdout.on('data', chunk => stdout.push(chunk));
  child.stderr.on('data', chunk => stderr.push(chunk));
  createInterface({ input: child.stdout }).on('line', hear);
  createInterface({ input: child.stderr }).on('line', hear);
  const exited = new Promise<number | null>(resolve => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const ended = within(
    DEADLINE_MS,
    child.spawnargs.slice(1).join(' '),
    exited.then(code => ({ code, ...said() })),
  );
  // A process that a test only starts is killed at its end.
  ended.catch(() => {});
  const line = (pattern: RegExp): Promise<string> => {
    let look = (): void => {};
    const found = new Promise<string>(resolve => {
      look = () => {
        const at = seen.findIndex(text => pattern.test(text));
        if (at >= 0) resolve(seen.splice(0, at + 1).at(-1) ?? '');
      };
    });
    waiting.add(look);
    look();
    const over = exited.then(() => {
      const { stdout, stderr } = said();
      throw new Error(`ended without ${pattern}: ${stdout}${stderr}`);
    });
    over.catch(() => {});
    return within(DEADLINE_MS, `a line ${pattern}`, Promise.race([found, over])).finally(() =>
      waiting.delete(look),
    );
  };
  return { process: child, ended, line, output };
}
