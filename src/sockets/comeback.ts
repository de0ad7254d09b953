/** Opens again what was lost with the modem: on the recovered one, and again until it works or cannot work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ModemDriver } from '../driver/driver.ts';
import { type SocketErrno, SocketFailure } from '../driver/socket-failure.ts';
import type { DriverSource } from './driver-source.ts';

/** Before each attempt. The first: in a turn of its own, when everybody has heard that the modem is lost. */
const PAUSES_MS = [0, 1_000, 2_000, 4_000];

/** While the network is away, which is no failure: as often as the modem is looked after (reliability.md F42). */
const AWAY_PAUSE_MS = 15_000;
const AWAY: ReadonlySet<SocketErrno> = new Set(['ENETDOWN', 'ENETUNREACH']);

/** What another attempt would not change. Not EADDRINUSE, which a modem may also say that is about to get a context. */
const FINAL: ReadonlySet<SocketErrno> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'EOPNOTSUPP']);

/**
 * @param open hears whether all that was soon has failed, since the network is away
 * @returns undefined: the modem is closed
 * @throws SocketFailure of the last attempt; AbortError
 */
export async function openAgain<T>(
  source: DriverSource,
  open: (driver: ModemDriver, isAway: boolean) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let tries = 0; ; tries++) {
    await pause(PAUSES_MS[tries] ?? AWAY_PAUSE_MS, undefined, { signal, ref: false });
    const driver = await source({ recovery: true }).catch(() => undefined);
    if (!driver) return undefined;
    signal.throwIfAborted();
    try {
      return await open(driver, tries >= PAUSES_MS.length);
    } catch (cause) {
      if (!(cause instanceof SocketFailure) || FINAL.has(cause.code)) throw cause;
      if (tries + 1 >= PAUSES_MS.length && !AWAY.has(cause.code)) throw cause;
    }
  }
}
