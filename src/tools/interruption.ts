/** Ctrl-C and its kin: the first asks the command to end, the second ends the process at once. */
import { constants } from 'node:os';

/** The reason of the abort; the exit code is the one that shells give, 128 + the number of the signal. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;
  readonly exitCode: number;

  constructor(name: NodeJS.Signals) {
    super(`interrupted by ${name}`);
    this.signal = name;
    this.exitCode = 128 + constants.signals[name];
  }
}

export function watchInterruptions(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals): void => {
    const interrupted = new Interrupted(name);
    if (controller.signal.aborted) process.exit(interrupted.exitCode);
    controller.abort(interrupted);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  // Whoever read our output has gone, as `head` does: nobody is left to work for.
  process.stdout.on('error', () => controller.abort(new Interrupted('SIGPIPE')));
  return controller.signal;
}

/** The work's own end, or the interruption if that is first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let leave = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/**
 * What has no end of its own has done its work when it is told to stop: exit code 0, as service managers expect it. But
 * not if nobody hears it any more, nor if it fails on the way out.
 */
export async function untilStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error !== signal.reason || signal.reason.signal === 'SIGPIPE') throw error;
  }
}
