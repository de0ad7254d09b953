/** `atsock doctor`: what is wrong with this port, modem, SIM or network, in plain words with the next step. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { examine } from '../doctor/examination.ts';
import type { Finding } from '../doctor/finding.ts';
import { type Place, readPlace } from '../listen-place.ts';
import { parseUrl } from '../open.ts';
import {
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
  whole,
} from '../options.ts';
import { print, printJson } from '../output.ts';
import { createTrace } from '../trace.ts';

interface DoctorFlags extends ModemFlags, OutputFlags {
  readonly wait: number;
  readonly name: string;
  readonly tcp?: Place;
  readonly udp?: Place;
}

/** Exists everywhere, by decree (RFC 7050). */
const NAME = 'ipv4only.arpa';
const WAIT_S = 60;
const LONGEST_WAIT_S = 86_400;

export function addDoctor(program: Command, signal: AbortSignal): void {
  program
    .command('doctor')
    .description('what is wrong with this port, modem, SIM or network, and what to do about it')
    .addOption(modemOption())
    .option('--wait <s>', 'how long to wait for the network, in seconds', whole(0, LONGEST_WAIT_S), WAIT_S)
    .option('--name <name>', 'the name to look up', NAME)
    .addOption(placeOption('--tcp <host:port>', 'connect there, too'))
    .addOption(placeOption('--udp <host:port>', 'send a datagram there, too, and wait for an answer'))
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (flags: DoctorFlags) => {
      const url = parseUrl(flags);
      const findings: Finding[] = [];
      const report = (finding: Finding): void => {
        findings.push(finding);
        if (!flags.json) print(textOf(finding));
      };
      const trace = createTrace(flags);
      await examine({ url, questions: flags, trace, waitMs: flags.wait * 1000, signal }, report);
      if (flags.json) printJson(findings);
      const failed = findings.filter(({ level }) => level === 'fail').map(({ check }) => check);
      if (failed.length > 0) throw new Error(`not all is well: ${failed.join(', ')}`);
    });
}

const placeOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(text => {
    try {
      return readPlace(text);
    } catch {
      throw new InvalidArgumentError('It must be HOST:PORT.');
    }
  });

/** Two lines where something is to be done. */
function textOf({ level, check, text, advice }: Finding): string {
  const line = `${level.padEnd(4)}  ${check.padEnd(8)}  ${text}`;
  return advice === undefined ? line : `${line}\n${' '.repeat(16)}→ ${advice}`;
}
