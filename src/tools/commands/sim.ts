/** `atsock sim DIALECT`: the simulator behind a TCP port or a pseudo-terminal. */
import { once } from 'node:events';
import { type Command, Option } from 'commander';
import {
  createSim,
  listenSim,
  openPty,
  parseSimOptions,
  type SimModem,
  type SimOptions,
  simFaults,
  simFaultsOf,
  simParameters,
} from '../../sim/index.ts';
import { untilStopped } from '../interruption.ts';
import { type Place, placeText, readPlace } from '../listen-place.ts';
import { jsonOption, type OutputFlags, type TraceFlags, traceOption, UsageError } from '../options.ts';
import { complain, print, printJson, printTable } from '../output.ts';
import { tracing } from '../trace.ts';

interface SimFlags extends OutputFlags, TraceFlags {
  readonly listen?: string;
  /** True: no link. */
  readonly pty?: string | true;
  readonly listFaults?: true;
  /** The parameters of the simulator. */
  readonly [parameter: string]: unknown;
}

/** What each parameter does; its values are checked where a URL's are. */
const PARAMETERS: Readonly<Record<string, string>> = {
  baud: 'bits per second that its line carries; without, no pace is kept',
  latency: 'milliseconds between a command and its reply',
  connections: 'how many connections it has at once',
  host: 'NAME=ADDRESS[,ADDRESS]: a name it knows; ADDRESS=LOOPBACK: what stands for a foreign address; repeatable',
  faults: 'defects of firmware by name, separated by commas; repeatable',
  seed: 'for the faults that need chance',
  generation: 'of a Sequans chip set: 1 or 2',
  profile: 'of a Quectel firmware: table, example, lenient or field',
  sendMax: 'bytes that a Quectel socket keeps before they are sent',
  recvMax: 'bytes that a Quectel socket keeps before they are read',
  messages: 'how many short messages its card holds',
  cfun: 'functional level after boot: 0, 1 or 4',
  pin: 'the PIN that its SIM asks for',
  searching: 'milliseconds until it is registered',
  nat64: 'the prefix of a NAT64 and DNS64 in its network, such as 64:ff9b::/96',
  pdp: 'what addresses it gets: ip, ipv6 or ipv4v6',
};

export function addSim(program: Command, signal: AbortSignal): void {
  const command = program
    .command('sim')
    .description('a simulated modem; prints the URL to use and runs until Ctrl-C')
    .argument('[dialect]', 'which modem: sequans or quectel-qfwd')
    .option('--listen <host:port>', 'TCP port to listen on (default: 127.0.0.1 and a free port)')
    .addOption(new Option('--pty [link]', 'a pseudo-terminal in place of the TCP port').conflicts('listen'));
  for (const name of simParameters) {
    command.option(
      `${name === 'faults' ? '--fault, ' : ''}--${name} <value>`,
      PARAMETERS[name] ?? '',
      collect,
    );
  }
  command
    .option('--list-faults', 'print the faults, of that modem or of all, and end')
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (dialect: string | undefined, flags: SimFlags) => {
      if (flags.listFaults) return listFaults(dialect, flags);
      if (dialect === undefined) throw new UsageError('which modem? for example: atsock sim sequans');
      await untilStopped(run(createSim(readOptions(dialect, flags)), flags, signal), signal);
    });
}

const collect = (value: string, values: readonly string[] = []): readonly string[] => [...values, value];

function listFaults(dialect: string | undefined, { json }: OutputFlags): void {
  const commandSet = dialect && readOptions(dialect, {}).commandSet;
  const faults = commandSet ? simFaultsOf(commandSet) : simFaults;
  if (json) printJson(faults);
  else printTable(Object.fromEntries(Object.entries(faults).map(([name, { does }]) => [name, does])));
}

function readOptions(dialect: string, flags: SimFlags): SimOptions {
  const given = simParameters.flatMap(name => {
    const values = flags[name];
    return Array.isArray(values) ? values.map((value): [string, string] => [name, String(value)]) : [];
  });
  try {
    return parseSimOptions(dialect, new URLSearchParams(given));
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What is offered: the modem's line, traced or not. */
type Line = Pick<SimModem, 'transport'>;

async function run(sim: SimModem, flags: SimFlags, signal: AbortSignal): Promise<void> {
  const place = flags.pty === undefined ? readPlace(flags.listen ?? '127.0.0.1:0') : undefined;
  const modem = { transport: tracing(flags)(sim.transport) };
  try {
    const { url, close } = await (place ? listen(modem, place) : openTerminal(modem, flags.pty));
    try {
      if (flags.json) printJson({ url });
      else print(url);
      complain(`the simulator runs until Ctrl-C; use it with -m ${url} or ATSOCK_MODEM=${url}`);
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await close();
    }
  } finally {
    await sim.close();
  }
  signal.throwIfAborted();
}

interface Running {
  readonly url: string;
  close(): Promise<void>;
}

async function listen(modem: Line, place: Place): Promise<Running> {
  const server = await listenSim(modem, place);
  return { url: `tcp://${placeText(server.address, server.port)}`, close: () => server.close() };
}

async function openTerminal(modem: Line, link: string | true | undefined): Promise<Running> {
  const pty = await openPty(modem, link === true ? undefined : link);
  return { url: `serial:${pty.path}`, close: () => pty.close() };
}
