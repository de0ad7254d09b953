/** Tells the service manager that a server is ready, or about to stop (sd_notify). */
import { execFile } from 'node:child_process';
import { complain } from './output.ts';

type State = 'READY=1' | 'STOPPING=1';

/**
 * Node has no datagram sockets of the UNIX family, so the program systemd-notify speaks for us: units need
 * `NotifyAccess=all`. Without a service manager that listens this does nothing.
 * @returns why it could not be told; a server works on without
 */
export function tellServiceManager(...states: readonly State[]): Promise<Error | undefined> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve(undefined);
  return new Promise(resolve => execFile('systemd-notify', states, error => resolve(error ?? undefined)));
}

/** The same, and nobody waits for it. */
export function announce(state: State): void {
  void tellServiceManager(state).then(error => {
    if (error) complain(`the service manager was not told: ${error.message}`);
  });
}
