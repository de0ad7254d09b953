/** Identity, registration, URC port and power of an EC25 (at-generic.md 6, quectel-qi.md 8.6). */
import type { Command, CommandSet, Handler } from '../command-set.ts';
import { equipmentCommands, ICCID } from '../equipment-commands.ts';
import type { Machine } from '../firmware.ts';
import { requireSim } from '../network-commands.ts';
import { Refusal } from '../refusal.ts';
import type { Network } from '../sim-network.ts';
import { urcPorts } from './manner.ts';
import type { QuectelMemory } from './memory.ts';

interface Parts {
  readonly machine: Machine;
  readonly network: Network;
  readonly memory: QuectelMemory;
}

const MAKER = 'Quectel';
const MODEL = 'EC25';
const REVISION = 'EC25EFAR06A06M4G';
const ANYWHERE = [...urcPorts, 'all'] as const;

export function systemCommands({ machine, network, memory }: Parts): CommandSet {
  const { baud } = machine.settings;
  return {
    I: {
      action: (args, reply) => {
        args.integer(0, 0, 0);
        for (const line of [MAKER, MODEL, `Revision: ${REVISION}`]) reply.info(line);
      },
    },
    ...equipmentCommands({ maker: MAKER, model: MODEL, revision: REVISION, baud, memory }),
    '+QCCID': {
      action: (_, reply) => {
        requireSim(network, false);
        reply.info(`+QCCID: ${ICCID}`);
      },
    },
    '+CREG': {
      test: '(0-2)',
      read: (_, reply) => reply.info(`+CREG: ${memory.voiceRegistrationMode},${network.registration}`),
      set: args => {
        const mode = args.integer(0, 2, 0);
        args.end();
        memory.voiceRegistrationMode = mode;
      },
    },
    '+QURCCFG': urcPortCommand(memory),
    '+QPOWD': powerDown(machine),
  };
}

/** Kept without a word, and at once. */
function urcPortCommand(memory: QuectelMemory): Command {
  return {
    test: `"urcport",(${ANYWHERE.map(port => `"${port}"`).join(',')})`,
    set: (args, reply) => {
      if (args.quoted().toLowerCase() !== 'urcport') throw new Refusal('ERROR');
      const wanted = args.next && args.quoted();
      args.end();
      if (wanted === undefined) return reply.info(`+QURCCFG: "urcport","${memory.urcPort}"`);
      const found = ANYWHERE.find(port => port === wanted);
      if (!found) throw new Refusal('ERROR');
      memory.urcPort = found;
    },
  };
}

/** 0 at once, 1 in order: no difference here. */
function powerDown(machine: Machine): Command {
  const work: Handler = (args, reply) => {
    args.choice([0, 1], 1);
    args.end();
    reply.afterwards(() => {
      machine.say('POWERED DOWN');
      machine.powerOff();
    });
  };
  return { test: '(0,1)', action: work, set: work };
}
