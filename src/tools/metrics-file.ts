/** Keeps the figures of a modem in a file, as the textfile collector of Prometheus wants it: whole at any time. */
import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Modem } from '../modem.ts';
import { formatMetrics } from '../recovery/metrics.ts';
import { complain } from './output.ts';

/** As often as Prometheus usually asks. */
const EVERY_MS = 15_000;

/** @returns the way to stop. @throws Error of one sentence if it cannot be written the first time */
export function keepMetrics(path: string, name: string, modem: Modem): () => void {
  const write = (): void => replace(path, formatMetrics(name, modem.state === 'ready', modem.stats()));
  write();
  let told = '';
  const tryToWrite = (): void => {
    try {
      write();
      told = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) complain(message);
      told = message;
    }
  };
  const timer = setInterval(tryToWrite, EVERY_MS).unref();
  modem.on('state', tryToWrite).on('recovery', tryToWrite);
  return () => {
    clearInterval(timer);
    modem.off('state', tryToWrite).off('recovery', tryToWrite);
  };
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx' });
    // The collector is another user, whatever the umask says.
    chmodSync(temporary, 0o644);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // Without the name of the temporary file, which is another one each time.
    throw new Error(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}
