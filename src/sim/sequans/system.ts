/** Identity, errors, power and line settings of a Sequans modem (sequans.md 2.1, 9). */
import type { Command, CommandSet } from '../command-set.ts';
import { equipmentCommands, ICCID, ranges } from '../equipment-commands.ts';
import type { Machine } from '../firmware.ts';
import { requireSim } from '../network-commands.ts';
import type { Network } from '../sim-network.ts';
import type { SequansMemory } from './memory.ts';

interface Parts {
  readonly machine: Machine;
  readonly network: Network;
  readonly memory: SequansMemory;
  factoryReset(): void;
}

const MAKER = 'SEQUANS Communications';
const MODELS = { 1: 'GM01Q', 2: 'GM02S' } as const;
const REVISIONS = { 1: 'LR5.1.1.0-41065', 2: 'LR8.2.0.3-60186' } as const;

export function systemCommands({ machine, network, memory, factoryReset }: Parts): CommandSet {
  const { generation, baud } = machine.settings;
  const [model, revision] = [MODELS[generation], REVISIONS[generation]];
  const showIccid: Command['read'] = (_, reply) => {
    requireSim(network, false);
    reply.info(`+SQNCCID: "${ICCID}",""`);
  };
  return {
    I: {
      action: (args, reply) => {
        const kind = args.integer(0, 1, 0);
        for (const line of kind === 1 ? [revision] : [MAKER, model, revision]) reply.info(line);
      },
    },
    ...equipmentCommands({ maker: MAKER, model, revision, baud, memory }),
    '+SQNCCID': { action: showIccid, read: showIccid },
    '+SQNIPSCFG': ranges(
      '+SQNIPSCFG',
      [0, 5000],
      [
        [0, 1],
        [100, 10_000],
      ],
    ),
    '+SQNIBRCFG': ranges(
      '+SQNIBRCFG',
      [1, 100],
      [
        [0, 1],
        [1, 10_000],
      ],
    ),
    '^RESET': { action: (_, reply) => reply.afterwards(() => shutDown(machine, machine.restart)) },
    '+SQNSSHDN': { action: (_, reply) => reply.afterwards(() => shutDown(machine, machine.powerOff)) },
    '+SQNSFACTORYRESET': { action: factoryReset },
  };
}

function shutDown(machine: Machine, then: () => void): void {
  machine.say('+SHUTDOWN');
  then();
}
