/** The modems that the suites run on, over a simulator in this process with both in view, or over one in another process. */
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { Modem, type OpenOptions, openModem } from '../../src/index.ts';
import { createSim, type SimModem, type SimOptions, simFaultsOf } from '../../src/sim/index.ts';
import type { TransportDecorator } from '../../src/transport/transport.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { qfwdProfiles } from '../support/qfwd-profiles.ts';
import { startSimOf } from '../tools/run-cli.ts';
import { type Dialect, QFWD, SEQUANS } from './dialects.ts';

/** Of Sequans modems. */
export const GENERATIONS = [1, 2] as const;

/** One of the modems that every suite runs on. */
export interface ModemKind {
  /** For the names of tests. */
  readonly name: string;
  readonly simOptions: SimOptions;
  readonly limits: { readonly connections: number; readonly datagramBytes: number };
  readonly dialect: Dialect;
  /** Does every test at its full size. The others of its dialect do what takes long at a tenth of it. */
  readonly full: boolean;
}

const sequans: readonly ModemKind[] = GENERATIONS.map(generation => ({
  name: `sequans, generation ${generation}`,
  simOptions: { generation },
  limits: { connections: 6, datagramBytes: 1_500 },
  dialect: SEQUANS,
  full: true,
}));

const quectel: readonly ModemKind[] = qfwdProfiles.map(profile => ({
  name: `quectel-qfwd, ${profile}`,
  simOptions: { commandSet: 'quectel-qfwd', profile },
  limits: { connections: 64, datagramBytes: 1_024 },
  dialect: QFWD,
  // The likeliest firmware of today.
  full: profile === 'field',
}));

export const MODEMS: readonly ModemKind[] = [...sequans, ...quectel];

/** One of each dialect, for what costs processes or many seconds: the simulator's own choice of each. */
export const TYPICAL: readonly ModemKind[] = [sequans[1], quectel[3]].filter(kind => kind !== undefined);

export interface Bench {
  readonly modem: Modem;
  readonly sim: SimModem;
}

/**
 * The modem is not open yet.
 * @param decorate what stands on the line between the two
 */
export function createBench(
  simOptions: SimOptions = {},
  options: OpenOptions = {},
  decorate: TransportDecorator = transport => transport,
): Bench {
  const sim = createSim(simOptions);
  const modem = new Modem(
    async () => ({ options: {}, createTransport: async () => decorate(sim.transport) }),
    options,
  );
  onTestFinished(async () => {
    await modem.close();
    await sim.close();
  });
  return { modem, sim };
}

export async function openBench(...given: Parameters<typeof createBench>): Promise<Bench> {
  const bench = createBench(...given);
  await bench.modem.open();
  return bench;
}

/** All that add lines between, before and behind others, or change their form or order. */
export const urcSwitches = ({ commandSet = 'sequans' }: SimOptions): string[] =>
  Object.keys(simFaultsOf(commandSet)).filter(name => name.startsWith('urc-'));

/** Of those options that are plain values. */
const parametersOf = ({ commandSet: _, ...others }: SimOptions): [string, string][] =>
  Object.entries(others).map(([name, value]) => [name, String(value)]);

/** A simulator in the process that opens this URL. */
export const simUrl = (options: SimOptions): string =>
  `sim:${options.commandSet ?? 'sequans'}?${new URLSearchParams(parametersOf(options))}`;

function startSim(options: SimOptions, ...args: string[]): ReturnType<typeof startSimOf> {
  needBuild();
  const parameters = parametersOf(options).flatMap(([name, value]) => [`--${name}`, value]);
  return startSimOf(options.commandSet ?? 'sequans', ...parameters, ...args);
}

/** How many of the command lines that the simulator has heard are of this kind. */
export const countOf = ({ received }: SimModem, kind: RegExp): number =>
  received.filter(line => kind.test(line)).length;

/** A simulator in another process behind a pseudo-terminal → its `serial:` URL. */
export async function startPty(skip: TestContext['skip'], options: SimOptions = {}): Promise<string> {
  needProgram(skip, 'socat');
  return (await startSim(options, '--pty', join(temporaryFolder(), 'modem'))).url;
}

/** A simulator in another process behind a TCP port → its `tcp:` URL. */
export async function startTcp(options: SimOptions = {}): Promise<string> {
  return (await startSim(options)).url;
}

export async function openUrl(url: string, options: OpenOptions = {}): Promise<Modem> {
  const modem = await openModem(url, options);
  onTestFinished(() => modem.close());
  return modem;
}
