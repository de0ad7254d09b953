/** Identity, errors, power and line settings of a Sequans modem (sequans.md 2.1, 9). */
import type { Command, CommandSet } from '../command-set.ts';
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
/** Of the range for test equipment. */
const IMEI = '004999010640000';
const ICCID = '8900100000000000001';
const RATES = [0, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 3000000];

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
    '+CGMI': { action: (_, reply) => reply.info(MAKER) },
    '+CGMM': { action: (_, reply) => reply.info(model) },
    '+CGMR': { action: (_, reply) => reply.info(revision) },
    '+CGSN': {
      action: (_, reply) => reply.info(IMEI),
      set: (args, reply) => {
        args.choice([1]);
        args.end();
        reply.info(`+CGSN: "${IMEI}"`);
      },
    },
    '+SQNCCID': { action: showIccid, read: showIccid },
    '+CMEE': {
      test: '(0-2)',
      read: (_, reply) => reply.info(`+CMEE: ${memory.errorMode}`),
      set: args => {
        const mode = args.integer(0, 2, 0);
        args.end();
        memory.errorMode = mode;
      },
    },
    '+IPR': rate(baud ?? 115_200),
    '+IFC': ranges(
      '+IFC',
      [2, 2],
      [
        [0, 2],
        [0, 2],
      ],
    ),
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

/** Kept, but the pace of the simulated line stays as the `baud` option says. */
function rate(initial: number): Command {
  let value = initial;
  return {
    test: `(${RATES.join(',')})`,
    read: (_, reply) => reply.info(`+IPR: ${value}`),
    set: args => {
      const wanted = args.choice(RATES);
      args.end();
      value = wanted;
    },
  };
}

/** Settings without an effect that a line could show: flow control, sleep, break. */
function ranges(
  name: string,
  initial: readonly number[],
  limits: readonly (readonly [number, number])[],
): Command {
  let values = initial;
  return {
    test: limits.map(([min, max]) => `(${min}-${max})`).join(','),
    read: (_, reply) => reply.info(`${name}: ${values.join(',')}`),
    set: args => {
      const wanted = limits.map(([min, max], index) =>
        args.integer(min, max, index === 0 ? undefined : values[index]),
      );
      args.end();
      values = wanted;
    },
  };
}
