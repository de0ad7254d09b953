/** What the channel must be told of each modem to understand its dialogues; from the fact files, as the dialogues are. */

import type { Command } from '../../src/at/command.ts';
import type { Framing } from '../../src/at/framing.ts';
import type { Dialogue } from '../dialogue/parser.ts';

type Traits = Omit<Command<unknown>, 'line' | 'parse' | 'payload'>;

export interface Grammar {
  readonly urcNames: readonly string[];
  /** The command whose payload follows a prompt. */
  readonly sendName: string;
  framing(dialogue: Dialogue): Framing;
  /** What is known of the answers to a command line. */
  traits(line: string): Traits;
}

const nameOf = (line: string): string | undefined => /^\+\w+/.exec(line)?.[0];

/** The counted data of sequans.md 3.8 and 3.9; in hex mode a byte is two characters. */
const sequans: Grammar = {
  urcNames: ['+SQNSRING', '+SQNSH', '+CEREG', '+SYSSTART', '+SQNSSHDN'],
  sendName: '+SQNSSENDEXT',
  framing: ({ file }) => {
    const charactersPerByte = file.includes('hex') ? 2 : 1;
    const count = (digits: string | undefined): number => Number(digits) * charactersPerByte;
    return {
      block: line => {
        const [, received] = /^\+SQNSRECV: \d+,(\d+)/.exec(line) ?? [];
        if (count(received) > 0) return { bytes: count(received), trailer: '\r\n' };
        const [head, rung] = /^\+SQNSRING: \d+,(\d+),/.exec(line) ?? [];
        return head ? { bytes: count(rung), inlineAt: head.length, trailer: '\r\n' } : undefined;
      },
      // What is generic is of modems that take ESC.
      countsPayload: file.includes('/sequans/'),
      bootLines: ['+SYSSTART'],
      stray: line => line === '+CME ERROR: 171',
    };
  },
  traits: line => ({
    // A +SQNSH line is a URC even while its command runs.
    ...(nameOf(line) !== '+SQNSH' && prefixed(nameOf(line))),
    ...(nameOf(line) === '+SQNSD' && { finals: { failed: ['NO CARRIER'] } }),
  }),
};

/** Bytes between the end of the header line and the data, by the switch of the simulator. */
const BETWEEN: Readonly<Record<string, number>> = {
  'recv-comma-crlf-comma': ','.length,
  'recv-comma-cr-comma-lf': ',\n,'.length,
};

/** The counted data of quectel-qfwd.md 2.2. What stands between length and data is known from the file's switch. */
const quectelQfwd: Grammar = {
  urcNames: ['+QFWDURC', 'RDY'],
  sendName: '+QFWDSEND',
  framing: ({ needs }) => {
    const between = BETWEEN[needs.get('faults') ?? ''] ?? 0;
    return {
      block: line => {
        const [, received] = /^\+QFWD(?:RECV|ACK): \d+,(\d+),?$/.exec(line) ?? [];
        return Number(received) > 0 ? { bytes: Number(received) + between, trailer: '\r\n' } : undefined;
      },
      bootLines: ['RDY'],
    };
  },
  traits: line => prefixed(nameOf(line), ...(line === '+QFWDRECV=?' ? ['+QFWDPRECV'] : [])),
};

/** Short messages in PDU mode (27.005): a header line, and the PDU on a line without a name. */
const sms: Grammar = {
  urcNames: ['+CMTI', '+CDSI'],
  sendName: '+CMGS',
  framing: () => ({ block: () => undefined, bootLines: [] }),
  traits: line => ({
    ...prefixed(nameOf(line)),
    ...(/^\+CMG[LR]=/.test(line) && { text: true }),
    ...(nameOf(line) === '+CMGS' && { openEnded: true }),
  }),
};

function prefixed(name: string | undefined, ...others: readonly string[]): Traits {
  return name === undefined ? {} : { prefix: [name, ...others] };
}

/** By the first folder of a dialogue's path; what is said to any modem is said in Sequans' words. */
export const grammars = { generic: sequans, sequans, 'quectel-qfwd': quectelQfwd, sms } as const;
