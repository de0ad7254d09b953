/** Which reading of the manual a firmware follows: its profile, and the switches in place of that (quectel-qfwd.md 2, 5). */
import type { Profile, SimSettings } from '../sim-options.ts';
import type { Switches, SwitchName } from '../sim-switches.ts';

/** The AT ports of the module, each with its own URCs (quectel-qfwd.md 3.8). */
export const urcPorts = ['uart1', 'usbat', 'usbmodem'] as const;
export type UrcPort = (typeof urcPorts)[number];

export interface Manner {
  readonly serverNames: readonly string[];
  readonly stateNames: readonly string[];
  readonly closeNames: readonly string[];
  readonly reads: readonly ('recv' | 'ack')[];
  readonly serverArguments: readonly ('table' | 'example')[];
  readonly tail: 'optional' | 'required' | 'refused';
  readonly quotesRequired: boolean;
  readonly caseSensitive: boolean;
  /** It knows the option, and has it on after boot. */
  readonly urcWithLen: boolean;
  /** The port that our line is. */
  readonly line: UrcPort;
}

type Spellings = Pick<Manner, 'serverNames' | 'stateNames' | 'closeNames' | 'reads' | 'serverArguments'>;

const profiles: Readonly<Record<Profile, Spellings>> = {
  table: {
    serverNames: ['+QFWDSEVER'],
    stateNames: ['+QFWDSSSTATE'],
    closeNames: ['+QFWDSCLOSE'],
    reads: ['recv'],
    serverArguments: ['table'],
  },
  example: {
    serverNames: ['+QFWDSEVER'],
    stateNames: ['+QFWDSTATE'],
    closeNames: ['+QFWDCLOSE'],
    reads: ['ack'],
    serverArguments: ['example'],
  },
  lenient: {
    serverNames: ['+QFWDSEVER', '+QFWDSERVER'],
    stateNames: ['+QFWDSTATE', '+QFWDSSSTATE'],
    closeNames: ['+QFWDCLOSE', '+QFWDSCLOSE'],
    reads: ['recv', 'ack'],
    serverArguments: ['table', 'example'],
  },
  field: {
    serverNames: ['+QFWDSERVER'],
    stateNames: ['+QFWDSTATE'],
    closeNames: ['+QFWDCLOSE'],
    reads: ['recv'],
    serverArguments: ['table'],
  },
};

export function mannerOf({ profile, switches }: Pick<SimSettings, 'profile' | 'switches'>): Manner {
  const usual = profiles[profile];
  const given = <T>(choices: readonly (readonly [SwitchName, T])[], otherwise: readonly T[]): readonly T[] =>
    chosen(switches, choices, otherwise);
  return {
    serverNames: given(
      [
        ['qfwdsever', '+QFWDSEVER'],
        ['qfwdserver', '+QFWDSERVER'],
      ],
      usual.serverNames,
    ),
    stateNames: given(
      [
        ['qfwdstate', '+QFWDSTATE'],
        ['qfwdssstate', '+QFWDSSSTATE'],
      ],
      usual.stateNames,
    ),
    closeNames: given(
      [
        ['qfwdclose', '+QFWDCLOSE'],
        ['qfwdsclose', '+QFWDSCLOSE'],
      ],
      usual.closeNames,
    ),
    reads: given<'recv' | 'ack'>(
      [
        ['read-by-recv', 'recv'],
        ['read-by-ack', 'ack'],
      ],
      usual.reads,
    ),
    serverArguments: given<'table' | 'example'>(
      [
        ['server-args-table', 'table'],
        ['server-args-example', 'example'],
      ],
      usual.serverArguments,
    ),
    tail: switches.has('tail-required') ? 'required' : switches.has('tail-refused') ? 'refused' : 'optional',
    quotesRequired:
      switches.has('quotes-required') || (profile !== 'lenient' && !switches.has('quotes-optional')),
    caseSensitive: switches.has('case-sensitive'),
    urcWithLen: profile === 'field' || switches.has('read-urc-with-len'),
    line: switches.has('port-uart1') ? 'uart1' : switches.has('port-usbmodem') ? 'usbmodem' : 'usbat',
  };
}

/** What the switches of one kind choose, else what is usual. */
function chosen<T>(
  switches: Switches,
  choices: readonly (readonly [SwitchName, T])[],
  usual: readonly T[],
): readonly T[] {
  const named = choices.filter(([name]) => switches.has(name)).map(([, value]) => value);
  return named.length > 0 ? named : usual;
}
