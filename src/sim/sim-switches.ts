/** Doubtful points of the fact files and known firmware defects, as named switches: those of each command set, and all. */
import { qfwdSwitches } from './quectel-qfwd/switches.ts';
import { sequansSwitches } from './sequans/switches.ts';
import { sharedSwitches } from './shared-switches.ts';
import { smsSwitches } from './sms/switches.ts';
import type { SwitchList } from './switch-list.ts';

/** Without any of them the simulator does what most sources agree on. */
export const switches = { ...sharedSwitches, ...smsSwitches, ...sequansSwitches, ...qfwdSwitches };

/** Which modem is simulated. */
export type CommandSetName = 'sequans' | 'quectel-qfwd';
export type SwitchName = keyof typeof switches;
export type Switches = ReadonlySet<SwitchName>;

const own: Readonly<Record<CommandSetName, SwitchList>> = {
  sequans: sequansSwitches,
  'quectel-qfwd': qfwdSwitches,
};

/** The switches that one command set knows. */
export function switchesOf(commandSet: CommandSetName): SwitchList {
  return { ...sharedSwitches, ...smsSwitches, ...own[commandSet] };
}

export const commandSetNames = Object.keys(own) as readonly CommandSetName[];

export function isSwitchName(name: string, commandSet: CommandSetName): name is SwitchName {
  return Object.hasOwn(switchesOf(commandSet), name);
}
