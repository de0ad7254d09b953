/** The commands of 27.007 and V.250 for identity, errors and the rate of the line. */
import type { Command, CommandSet } from './command-set.ts';

/** What these commands store. */
export interface EquipmentMemory {
  /** +CMEE. */
  errorMode: number;
}

interface Equipment {
  readonly maker: string;
  readonly model: string;
  readonly revision: string;
  readonly baud: number | undefined;
  readonly memory: EquipmentMemory;
}

/** Of the range for test equipment. */
const IMEI = '004999010640000';
export const ICCID = '8900100000000000001';
const RATES = [0, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 3000000];

export function equipmentCommands({ maker, model, revision, baud, memory }: Equipment): CommandSet {
  return {
    '+CGMI': { action: (_, reply) => reply.info(maker) },
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
  };
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
export function ranges(
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
