/** Where the time of each socket went: queue, line, modem, air. */
import type { CommandSpan, Recording, SocketSummary } from './events.ts';

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
  return [none, ...recording.sockets].map(socket => {
    const commands = recording.commands.filter(each => each.socket === socket.id);
    const spent = commands.map(command => shareOf(command, recording));
    const sum = (name: 'line' | 'modem' | 'air'): number => spent.reduce((all, each) => all + each[name], 0);
    return {
      socket,
      commands: commands.length,
      queue: commands.reduce((all, { queuedAt, writtenAt }) => all + writtenAt - queuedAt, 0),
      line: sum('line'),
      modem: sum('modem'),
      air: sum('air') + socket.awaited,
    };
  });
}

/** The line's part is what its bytes need at its speed; the rest is the modem's, or the network's behind it. */
function shareOf(
  { writtenAt, endedAt, waitsForNetwork }: CommandSpan,
  { steps, baud }: Recording,
): { line: number; modem: number; air: number } {
  const lasted = endedAt - writtenAt;
  const bytes = baud
    ? steps.filter(step => isOnLine(step.from) && isOnLine(step.to) && isWithin(step.at, writtenAt, endedAt))
    : [];
  const needed = bytes.reduce((all, step) => all + step.bytes, 0) * BITS_PER_BYTE * 1_000;
  const line = Math.min(lasted, baud ? needed / baud : 0);
  const rest = lasted - line;
  return waitsForNetwork ? { line, modem: 0, air: rest } : { line, modem: rest, air: 0 };
}

const isOnLine = (lane: string): boolean => lane === 'library' || lane === 'modem';

export const isWithin = (at: number, from: number, to: number): boolean => at >= from && at <= to;
