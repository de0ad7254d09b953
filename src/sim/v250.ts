/** The basic commands of V.250: echo, result codes, registers. */
import type { Arguments } from './arguments.ts';
import { type Command, type CommandSet, createLineSettings, type LineSettings } from './command-set.ts';
import { Refusal } from './refusal.ts';

/** E, V, Q, Z, &F and the S-registers of one modem. */
export function v250Commands(settings: LineSettings, withRegisters: boolean): CommandSet {
  const reset: Command = {
    action: args => {
      switchValue(args);
      Object.assign(settings, { ...createLineSettings(), registers: settings.registers });
      for (const [number, value] of createLineSettings().registers) settings.registers.set(number, value);
    },
  };
  const flag = (name: 'echo' | 'verbose' | 'quiet'): Command => ({
    action: args => {
      settings[name] = switchValue(args);
    },
  });
  return {
    E: flag('echo'),
    V: flag('verbose'),
    Q: flag('quiet'),
    Z: reset,
    '&F': reset,
    ...(withRegisters ? registerCommands(settings.registers) : {}),
  };
}

/** The number behind a basic command, 0 if it was left out. A wrong one is a plain ERROR: these predate +CME. */
function switchValue(args: Arguments): boolean {
  const text = args.count === 0 ? '0' : args.word().text;
  if (text !== '0' && text !== '1') throw new Refusal('ERROR');
  return text === '1';
}

function registerCommands(registers: Map<number, number>): CommandSet {
  const commands: Record<string, Command> = {};
  for (const number of registers.keys()) {
    commands[`S${number}`] = {
      // Always three digits (V.250 5.3.2).
      read: (_, reply) => reply.info(String(registers.get(number)).padStart(3, '0')),
      set: args => {
        const value = args.count === 0 ? 0 : Number(args.word().text);
        // The characters of 3, 4 and 5 are 7-bit ones.
        if (value > (number >= 3 && number <= 5 ? 127 : 255)) throw new Refusal('ERROR');
        registers.set(number, value);
      },
    };
  }
  return commands;
}
