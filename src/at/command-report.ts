/** What a command waited for, for whoever listens on the diagnostics channel `atsock.command`. */
import { channel } from 'node:diagnostics_channel';

/** Published when a command has ended, in the async context of its caller. Times are those of `performance.now()`. */
export interface CommandReport {
  /** Without "AT". May hold secrets. */
  readonly line: string;
  readonly queuedAt: number;
  readonly writtenAt: number;
  readonly endedAt: number;
}

export const commandReports = channel('atsock.command');

/** Costs nothing while nobody listens. */
export function reportCommand(line: string, queuedAt: number, writtenAt: number): void {
  if (!commandReports.hasSubscribers) return;
  const report: CommandReport = { line, queuedAt, writtenAt, endedAt: performance.now() };
  commandReports.publish(report);
}
