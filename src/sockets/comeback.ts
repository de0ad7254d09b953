/** Opens again what was lost with the modem: on the recovered one, and again until it works or cannot work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ModemDriver } from '../driver/driver.ts';
import { type SocketErrno, SocketFailure } from '../driver/socket-failure.ts';
import type { DriverSource } from './driver-source.ts';

/** Before each attempt. The first: in a turn of its own, when everybody has heard that the modem is lost. */
const PAUSES_MS = [0, 1_000, 2_000, 4_000];

/** What another attempt would not change. */
const FINAL: ReadonlySet<SocketErrno> = new Set([
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EINVAL',
  'EOPNOTSUPP',
]);

/**
 * @returns undefined: the modem is closed
 * @throws SocketFailure of the last attempt; AbortError
 */
export async function openAgain<T>(
  source: DriverSource,
  open: (driver: ModemDriver) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  let failure: unknown;
  for (const waitMs of PAUSES_MS) {
    await pause(waitMs, undefined, { signal, ref: false });
    const driver = await source({ recovery: true }).catch(() => undefined);
    if (!driver) return undefined;
    signal.throwIfAborted();
    try {
      return await open(driver);
    } catch (cause) {
      failure = cause;
      if (!(cause instanceof SocketFailure) || FINAL.has(cause.code)) break;
    }
  }
  throw failure;
}
