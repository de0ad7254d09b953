/** Words and addresses in the arguments of QFWD commands, as strict about quotes and case as the firmware is (quectel-qfwd.md 2). */
import type { Arguments } from '../arguments.ts';
import { Refusal } from '../refusal.ts';
import type { Family } from '../sim-hosts.ts';
import { type Manner, type UrcPort, urcPorts } from './manner.ts';

export const highestId = 65_535;
export const protocols = ['tcp', 'udp'] as const;
export type Protocol = (typeof protocols)[number];

export function takeText(args: Arguments, { quotesRequired }: Manner): string {
  const { text, quoted } = args.word();
  if (quotesRequired && !quoted) throw new Refusal('ERROR');
  return text;
}

export function takeWord<T extends string>(args: Arguments, manner: Manner, words: readonly T[]): T {
  const text = takeText(args, manner);
  const found = words.find(
    word => word === text || (!manner.caseSensitive && word.toLowerCase() === text.toLowerCase()),
  );
  if (found === undefined) throw new Refusal('ERROR');
  return found;
}

export function takeFamily(args: Arguments, manner: Manner): Family {
  return takeWord(args, manner, ['IP', 'IPV6']) === 'IP' ? 4 : 6;
}

export function takeId(args: Arguments): number {
  return args.integer(1, highestId);
}

export function takeUrcPort(args: Arguments, manner: Manner): UrcPort {
  return takeWord(args, manner, urcPorts);
}

/** The last argument of an open; `usbat` is the default (quectel-qfwd.md 1.1). */
export function takeUrcPortTail(args: Arguments, manner: Manner): UrcPort {
  return args.next ? takeUrcPort(args, manner) : 'usbat';
}

/** Are there as many arguments as the firmware wants, of which the last ones are the doubtful tail? */
export function checkTail(args: Arguments, { tail }: Manner, most: number, doubtful: number): void {
  const least = tail === 'required' ? most : most - doubtful;
  const limit = tail === 'refused' ? most - doubtful : most;
  if (args.count < least || args.count > limit) throw new Refusal('ERROR');
}
