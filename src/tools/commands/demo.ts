/** `atsock demo`: no hardware, one line: a program, a simulated modem, and the AT dialogue between them. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { type Modem, openModem } from '../../modem.ts';
import type { ModemStats } from '../../modem-figures.ts';
import { type EchoServer, openTcpEcho, openUdpEcho } from '../demo/echo-server.ts';
import { lookUp, type Outcome, talkTcp, talkUdp } from '../demo/program.ts';
import { createScreen, type Paint, type Screen } from '../demo/screen.ts';
import { unlessAborted } from '../interruption.ts';
import { type TraceFlags, traceOption } from '../options.ts';
import { complain, print } from '../output.ts';
import { createTrace, type Trace } from '../trace.ts';

const NAME = 'echo.test';
/** What a real modem takes for a command; slow enough to watch, and lines stay whole, unlike on a paced line. */
const LATENCY_MS = 20;
const NEXT = [
  ['npx atsock sim sequans', 'the same modem for your own program, on a TCP port'],
  ['npx atsock at -m sim:sequans ATI AT+CEREG? AT+SQNSS', 'talk to it by hand'],
  ['npx atsock list --probe', 'find a real modem'],
] as const;

interface Services {
  readonly udp: readonly EchoServer[];
  readonly tcp: EchoServer;
}

interface Part extends Outcome {
  readonly name: string;
  readonly unit: string;
  /** AT commands it took. */
  readonly commands: number;
}

export function addDemo(program: Command, signal: AbortSignal): void {
  program
    .command('demo')
    .description('no hardware: UDP and TCP over a simulated modem, the AT dialogue beside it')
    .addOption(traceOption())
    .action((flags: TraceFlags) => demo(flags, signal));
}

async function demo(flags: TraceFlags, signal: AbortSignal): Promise<void> {
  const { stdout, env } = process;
  const colours = stdout.isTTY && !env.NO_COLOR;
  const paint: Paint = colours ? styleText : (_, text) => text;
  const screen = createScreen(stdout.isTTY ? stdout.columns : undefined, paint, print);
  const udp: EchoServer[] = [];
  for (const family of [4, 6] as const) {
    const service = await openUdpEcho(family);
    if (service) udp.push(service);
    else complain(`this computer has no IPv${family} loopback address; the demo goes on without it`);
  }
  const tcp = await openTcpEcho(udp[0]?.address ?? '127.0.0.1');
  try {
    await show({ udp, tcp }, screen, paint, createTrace(flags), signal);
  } finally {
    for (const service of [...udp, tcp]) await service.close();
  }
}

async function show(
  services: Services,
  screen: Screen,
  paint: Paint,
  trace: Trace,
  signal: AbortSignal,
): Promise<void> {
  const addresses = services.udp.map(({ address }) => address).join(',');
  const url = `sim:sequans?latency=${LATENCY_MS}&host=${NAME}=${addresses}`;
  screen.say('A program, a simulated Sequans modem, and echo services of this computer.');
  screen.say();
  screen.program(`modem = await openModem('sim:sequans')`);
  let startUp: number | undefined = 0;
  const modem = await openModem(url, {
    signal,
    watch: trace.watch,
    trace: line => {
      trace.line(line);
      if (startUp === undefined) screen.modem(line);
      else if (/^>+ +AT/.test(line)) startUp++;
    },
  });
  try {
    screen.modem(`(${startUp} commands: identity, SIM, network, sockets)`);
    startUp = undefined;
    const before = modem.stats();
    const parts = await unlessAborted(run(modem, services, screen, signal), signal);
    const after = modem.stats();
    await modem.close();
    explain(screen, paint, parts, before, after);
    const wrong = parts.reduce((sum, { sent, right }) => sum + sent - right, 0);
    if (wrong > 0) throw new Error(`${wrong} replies were wrong`);
  } finally {
    await modem.close();
  }
}

async function run(
  modem: Modem,
  { udp, tcp }: Services,
  screen: Screen,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  const tell = (text: string): void => screen.program(text);
  const addresses = await lookUp(modem, NAME, tell);
  const missing = udp.find(({ address }) => !addresses.includes(address));
  if (missing) throw new Error(`${NAME} was not resolved to ${missing.address}`);
  const start = countCommands(modem.stats());
  const datagrams = { sent: 0, right: 0 };
  for (const service of udp) {
    const { sent, right } = await talkUdp(service, modem, tell, signal);
    datagrams.sent += sent;
    datagrams.right += right;
  }
  const middle = countCommands(modem.stats());
  const lines = await talkTcp(tcp, modem, tell, signal);
  const end = countCommands(modem.stats());
  return [
    { name: 'UDP', unit: 'datagram', ...datagrams, commands: middle - start },
    { name: 'TCP', unit: 'line', ...lines, commands: end - middle },
  ];
}

function explain(
  screen: Screen,
  paint: Paint,
  parts: readonly Part[],
  before: ModemStats,
  after: ModemStats,
): void {
  screen.say();
  screen.say(paint('bold', 'This is what happened'));
  for (const { name, unit, sent, right, commands } of parts) {
    const units = `${unit}${sent === 1 ? '' : 's'}`;
    screen.say(
      `  ${name}: ${sent} ${units} went out and ${right} came back byte for byte; ${commands} AT commands, opening and closing included`,
    );
  }
  const payload = after.payloadSent - before.payloadSent;
  screen.say(
    `  ${after.bytesWritten - before.bytesWritten} bytes to the modem and ${after.bytesRead - before.bytesRead} from it on the line, ${payload} of payload in each`,
  );
  screen.say(paint('bold', 'Next'));
  const width = Math.max(...NEXT.map(([command]) => command.length));
  for (const [command, does] of NEXT) screen.say(`  ${command.padEnd(width)}  ${paint('dim', does)}`);
}

function countCommands({ commands }: ModemStats): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0);
}
