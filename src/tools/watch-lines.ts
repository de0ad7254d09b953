/** What `atsock watch` says, one line for each event; the time is told by who keeps the log. */
import { fstatSync } from 'node:fs';
import type { ModemState } from '../modem.ts';
import type { RecoveryEvent } from '../recovery/supervisor.ts';

/** Severity as syslog counts it. */
type Level = 2 | 3 | 4 | 5 | 6;

export interface WatchLine {
  readonly level: Level;
  readonly text: string;
  /** The same for programs. */
  readonly data: Readonly<Record<string, unknown>>;
}

export const started = (modem: string): WatchLine => ({
  level: 6,
  text: `watching ${modem}`,
  data: { event: 'started', modem },
});

/** @param lostMs how long it was lost; undefined: it was not. @param last what was done last, if anything */
export function changed(state: ModemState, lostMs?: number, last?: RecoveryEvent): WatchLine {
  const data = { event: 'state', state };
  if (state !== 'ready') return { level: state === 'recovering' ? 4 : 6, text: state, data };
  if (lostMs === undefined) return { level: 5, text: 'ready', data };
  const by = last && last.rung > 2 ? `; the last action was ${last.action}` : '';
  return {
    level: 5,
    text: `ready again after ${seconds(lostMs)}${by}`,
    data: { ...data, lostMs, ...(last && { lastAction: last.action }) },
  };
}

export function acted(event: RecoveryEvent): WatchLine {
  const { rung, action, reason, result, tookMs } = event;
  const failed = result !== 'done' && !result.startsWith('dry run');
  return {
    level: action === 'alarm' ? 2 : failed ? 3 : 4,
    text: `rung ${rung}, ${action}: ${result}, ${seconds(tookMs)} (${reason})`,
    data: { event: 'recovery', ...event },
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A level in front is read by journald alone, which a service is connected to (sd-daemon(3)). */
export function formatLine({ level, text, data }: WatchLine, how: 'json' | 'journal' | 'plain'): string {
  if (how === 'json') return JSON.stringify(data);
  return how === 'journal' ? `<${level}>${text}` : text;
}

/** Not a terminal that has inherited the variable (systemd.exec(5)). */
export function isJournal(fd: number, { JOURNAL_STREAM: journal } = process.env): boolean {
  const { dev, ino } = fstatSync(fd);
  return journal === `${dev}:${ino}`;
}
