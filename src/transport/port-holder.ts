/** Who holds a serial port, as far as Linux tells (`/proc`). On other systems nobody knows. */
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';

export interface PortHolder {
  readonly pid: number;
  /** The program's name as `ps` shows it. */
  readonly name: string;
}

/** The process that has locked the port with `flock`; the port itself is not touched. */
export function findLockHolder(path: string): PortHolder | undefined {
  const port = attempt(() => statSync(path, { bigint: true }));
  const locks = attempt(() => readFileSync('/proc/locks', 'latin1'));
  if (!port || !locks) return undefined;
  const file = `${lockDevice(port.dev)}:${port.ino}`;
  // "1: FLOCK  ADVISORY  WRITE 5888 00:1a:3 0 EOF"; waiting ones have "->" after the number (proc_locks(5)).
  for (const line of locks.split('\n')) {
    const [, kind, , , pid, locked] = line.trim().split(/\s+/);
    const holder = kind === 'FLOCK' && locked === file ? describeProcess(Number(pid)) : undefined;
    if (holder) return holder;
  }
  return undefined;
}

/** Another process that has the port open, locked or not. Processes of other users stay unseen without rights. */
export function findOpener(path: string): PortHolder | undefined {
  const target = attempt(() => realpathSync(path));
  if (target === undefined) return undefined;
  for (const entry of attempt(() => readdirSync('/proc')) ?? []) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    if (descriptors.some(fd => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) === target)) {
      return describeProcess(pid);
    }
  }
  return undefined;
}

/** Major and minor number as `/proc/locks` writes them; their place in `dev` is glibc's gnu_dev_makedev. */
function lockDevice(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return [major, minor].map(number => number.toString(16).padStart(2, '0')).join(':');
}

/** undefined: it has ended, or this is not Linux. */
export function describeProcess(pid: number): PortHolder | undefined {
  const name = attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  return name === undefined ? undefined : { pid, name };
}

/** Processes come and go while we look, and not all may be looked at: no answer is an answer. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
