/** Multicast, broadcast and TTL: their arguments are checked as Node and the system do, then the modem refuses. */
import { isIP } from 'node:net';
import { systemError } from './system-error.ts';

/** There is no command for it (deviation socket-options). @throws always */
export function refuseOption(syscall: string): never {
  throw systemError('ENOTSUP', syscall);
}

/** @param lowest 1 for the TTL of datagrams, 0 for that of multicast */
export function checkTtl(ttl: number, lowest: 0 | 1, syscall: string): void {
  const whole = Math.trunc(ttl);
  if (!(whole >= lowest && whole <= 255)) throw systemError('EINVAL', syscall);
}

export function checkMulticast(address: unknown, family: 4 | 6, syscall: string): void {
  const text = String(address);
  const first = Number.parseInt(text, family === 4 ? 10 : 16);
  const isMulticast = family === 4 ? first >= 224 && first <= 239 : first >> 8 === 0xff;
  if (isIP(text) !== family || !isMulticast) throw systemError('EINVAL', syscall);
}

export function checkInterface(address: string, syscall: string): void {
  if (!isIP(address)) throw systemError('EINVAL', syscall);
}
