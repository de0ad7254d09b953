/** Many schedules one after the other, and a table of the faults made and survived. */
import { createSchedule, type DialectName, FAULTS, type ScheduledName } from './fault.ts';
import { type Report, runSchedule } from './run-schedule.ts';

const cell = (value: number, width: number): string => String(value).padStart(width);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** True if all survived. */
export async function runSchedules(
  dialect: DialectName,
  { first, count, trace }: { first: number; count: number; trace: ((line: string) => void) | undefined },
): Promise<boolean> {
  const began = Date.now();
  const reports: Report[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const report = await runSchedule(createSchedule(dialect, seed), trace);
    reports.push(report);
    if (report.violations.length === 0) continue;
    console.log(`${dialect} seed ${seed}: ${report.made.join(', ') || 'no fault'}; ${describe(report)}`);
    for (const violation of report.violations) console.log(`  ${violation}`);
  }
  print(dialect, reports, Date.now() - began);
  return reports.every(({ violations }) => violations.length === 0);
}

function describe({ schedule }: Report): string {
  return `latency ${schedule.latency} ms, switches ${schedule.switches.join(', ') || 'none'}`;
}

function print(dialect: string, reports: readonly Report[], tookMs: number): void {
  const failed = reports.filter(({ violations }) => violations.length > 0);
  console.log(`\n${dialect.padEnd(20)} made  in schedules  of them survived`);
  for (const name of Object.keys(FAULTS) as ScheduledName[]) {
    const having = reports.filter(({ made }) => made.includes(name));
    const made = reports.reduce((sum, report) => sum + report.made.filter(each => each === name).length, 0);
    const survived = having.filter(report => !failed.includes(report)).length;
    console.log(`${name.padEnd(20)} ${cell(made, 4)}  ${cell(having.length, 12)}  ${cell(survived, 16)}`);
  }
  const recoveries = reports.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
  const at = (share: number): string => seconds(recoveries[Math.floor((recoveries.length - 1) * share)] ?? 0);
  const whole = reports.reduce((sum, { streams }) => sum + streams.whole, 0);
  const all = reports.reduce((sum, { streams }) => sum + streams.all, 0);
  const virtual = reports.reduce((sum, { virtualMs }) => sum + virtualMs, 0);
  console.log(
    `${reports.length - failed.length} of ${reports.length} schedules survived, ${whole} of ${all} streams whole`,
  );
  console.log(`a new connection after ${at(0.5)} (half), ${at(0.99)} (99 %), ${at(1)} (all)`);
  console.log(`${seconds(virtual)} of virtual time in ${seconds(tookMs)}`);
  if (failed.length > 0)
    console.log(`failing seeds: ${failed.map(({ schedule }) => schedule.seed).join(' ')}`);
}
