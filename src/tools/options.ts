/** Options that subcommands share, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';

/** Wrong use of the command line: exit code 2. */
export class UsageError extends Error {}

export interface TraceFlags {
  /** True: standard error. */
  readonly trace?: string | true;
}

export interface ModemFlags extends TraceFlags {
  readonly modem?: string;
}

export interface OutputFlags {
  readonly json?: true;
}

export interface FamilyFlags {
  readonly ipv4?: true;
  readonly ipv6?: true;
}

export const modemOption = (): Option =>
  new Option(
    '-m, --modem <url>',
    'the modem, such as serial:/dev/ttyUSB2, tcp://host:port or sim:sequans',
  ).env('ATSOCK_MODEM');

export const traceOption = (): Option =>
  new Option(
    '--trace [file]',
    'print the AT dialogue on standard error; --trace=FILE: into a file; --trace=FILE.html: a page with a sequence chart',
  );

export const jsonOption = (): Option => new Option('--json', 'print JSON');

export const familyOptions = (): [Option, Option] => [
  new Option('-4, --ipv4', 'only IPv4').conflicts('ipv6'),
  new Option('-6, --ipv6', 'only IPv6'),
];

export const familyOf = ({ ipv4, ipv6 }: FamilyFlags): 0 | 4 | 6 => (ipv4 ? 4 : ipv6 ? 6 : 0);

/** A reader of whole numbers, for commander. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

/** As many as a timer can wait. */
export const milliseconds = whole(0, 2 ** 31 - 1);

/** Hexadecimal digits, with blanks or colons between the bytes if you like. */
export function readHex(text: string): Buffer {
  const digits = text.replace(/[\s:]/g, '');
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new InvalidArgumentError('It must be hexadecimal digits, two for each byte.');
}
