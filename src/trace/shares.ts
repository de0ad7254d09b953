/** Where the time of each socket went: queue, line, modem, air. */
import type { CommandSpan, Recording, SocketSummary } from './events.ts';
import { isOnLine, runningAt } from './running.ts';

export interface Shares {
  readonly socket: SocketSummary;
  readonly commands: number;
  /** Milliseconds each. Commands of several sockets can wait at the same time: sums may exceed the duration. */
  readonly queue: number;
  readonly line: number;
  readonly modem: number;
  readonly air: number;
}

/** Start and stop bit beside the eight (8N1). */
const BITS_PER_BYTE = 10;

/** Of sockets in the order they were opened; what belongs to none (start-up, status) is `socket.id` 0. */
export function sharesOf(recording: Recording): Shares[] {
  const none: SocketSummary = { id: 0, title: 'start-up and supervision', sent: 0, received: 0, awaited: 0 };
  const sockets = [none, ...recording.sockets];
  const shares = new Map(
    sockets.map(socket => [
      socket.id,
      { socket, commands: 0, queue: 0, line: 0, modem: 0, air: socket.awaited },
    ]),
  );
  const lineMs = lineMsOf(recording);
  for (const command of recording.commands) {
    const share = shares.get(command.socket);
    if (!share) continue;
    const lasted = command.endedAt - command.writtenAt;
    const line = Math.min(lasted, lineMs.get(command) ?? 0);
    share.commands++;
    share.queue += command.writtenAt - command.queuedAt;
    share.line += line;
    // The rest is the modem's, or the network's behind it.
    share[command.waitsForNetwork ? 'air' : 'modem'] += lasted - line;
  }
  return [...shares.values()];
}

/** What the bytes of each command need at the line's speed. */
function lineMsOf({ steps, commands, baud }: Recording): Map<CommandSpan, number> {
  const needed = new Map<CommandSpan, number>();
  if (!baud) return needed;
  const running = runningAt(commands);
  for (const step of steps.filter(isOnLine)) {
    const command = running(step);
    if (command)
      needed.set(command, (needed.get(command) ?? 0) + (step.bytes * BITS_PER_BYTE * 1_000) / baud);
  }
  return needed;
}
