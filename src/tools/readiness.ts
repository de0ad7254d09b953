/** Tells the service manager that a server is ready, or about to stop (sd_notify). */
import { execFile } from 'node:child_process';

/**
 * Node has no datagram sockets of the UNIX family, so the program systemd-notify speaks for us: units need
 * `NotifyAccess=all`. Without a service manager that listens this does nothing.
 * @returns why it could not be told; a server works on without
 */
export function tellServiceManager(
  ...states: readonly ('READY=1' | 'STOPPING=1')[]
): Promise<Error | undefined> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve(undefined);
  return new Promise(resolve => execFile('systemd-notify', states, error => resolve(error ?? undefined)));
}
