/** `atsock demo`: no hardware, one line: a program, a simulated modem, and the AT dialogue between them. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { type Modem, type ModemStats, openModem } from '../../modem.ts';
import { type EchoServer, openEchoServer } from '../demo/echo-server.ts';
import { lookUp, type Outcome, talkTo } from '../demo/program.ts';
import { createScreen, type Paint, type Screen } from '../demo/screen.ts';
import { unlessAborted } from '../interruption.ts';
import { traceWriter } from '../open.ts';
import { type TraceFlags, traceOption } from '../options.ts';
import { complain, print } from '../output.ts';

const NAME = 'echo.test';
/** What a real modem takes for a command; slow enough to watch, and lines stay whole, unlike on a paced line. */
const LATENCY_MS = 20;
const NEXT = [
  ['npx atsock sim sequans', 'the same modem for your own program, on a TCP port'],
  ['npx atsock at -m sim:sequans ATI AT+CEREG? AT+SQNSS', 'talk to it by hand'],
  ['npx atsock list --probe', 'find a real modem'],
] as const;

export function addDemo(program: Command, signal: AbortSignal): void {
  program
    .command('demo')
    .description('no hardware: UDP over a simulated modem, the AT dialogue beside it')
    .addOption(traceOption())
    .action((flags: TraceFlags) => demo(flags, signal));
}

async function demo(flags: TraceFlags, signal: AbortSignal): Promise<void> {
  const { stdout, env } = process;
  const colours = stdout.isTTY && !env.NO_COLOR;
  const paint: Paint = colours ? styleText : (_, text) => text;
  const screen = createScreen(stdout.isTTY ? stdout.columns : undefined, paint, print);
  const services: EchoServer[] = [];
  for (const family of [4, 6] as const) {
    const service = await openEchoServer(family);
    if (service) services.push(service);
    else complain(`this computer has no IPv${family} loopback address; the demo goes on without it`);
  }
  try {
    await show(services, screen, paint, traceWriter(flags), signal);
  } finally {
    for (const service of services) await service.close();
  }
}

async function show(
  services: readonly EchoServer[],
  screen: Screen,
  paint: Paint,
  trace: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const addresses = services.map(({ address }) => address).join(',');
  const url = `sim:sequans?latency=${LATENCY_MS}&host=${NAME}=${addresses}`;
  screen.say('A program, a simulated Sequans modem, and UDP echo services of this computer.');
  screen.say();
  screen.program(`modem = await openModem('sim:sequans')`);
  let startUp: number | undefined = 0;
  const modem = await openModem(url, {
    signal,
    trace: line => {
      trace(line);
      if (startUp === undefined) screen.modem(line);
      else if (/^>+ +AT/.test(line)) startUp++;
    },
  });
  try {
    screen.modem(`(${startUp} commands: identity, SIM, network, sockets)`);
    startUp = undefined;
    const before = modem.stats();
    const outcome = await unlessAborted(run(modem, services, screen, signal), signal);
    const after = modem.stats();
    await modem.close();
    explain(screen, paint, outcome, before, after);
    if (outcome.right < outcome.sent) throw new Error(`${outcome.sent - outcome.right} replies were wrong`);
  } finally {
    await modem.close();
  }
}

async function run(
  modem: Modem,
  services: readonly EchoServer[],
  screen: Screen,
  signal: AbortSignal,
): Promise<Outcome> {
  const tell = (text: string): void => screen.program(text);
  const addresses = await lookUp(modem, NAME, tell);
  const total = { sent: 0, right: 0 };
  for (const { address, port } of services) {
    if (!addresses.includes(address)) throw new Error(`${NAME} was not resolved to ${address}`);
    const { sent, right } = await talkTo({ address, port }, modem, tell, signal);
    total.sent += sent;
    total.right += right;
  }
  return total;
}

function explain(
  screen: Screen,
  paint: Paint,
  { sent, right }: Outcome,
  before: ModemStats,
  after: ModemStats,
): void {
  const payload = after.payloadSent - before.payloadSent;
  const commands = countCommands(after) - countCommands(before);
  screen.say();
  screen.say(paint('bold', 'This is what happened'));
  screen.say(`  ${sent} datagrams went out and ${right} came back byte for byte, ${payload} bytes each way`);
  screen.say(
    `  ${after.bytesWritten - before.bytesWritten} bytes to the modem and ${after.bytesRead - before.bytesRead} from it on the line, the AT commands included`,
  );
  screen.say(
    `  ${commands} AT commands, ${(commands / (2 * sent)).toFixed(1)} per datagram sent or received, opening and closing included`,
  );
  screen.say(paint('bold', 'Next'));
  const width = Math.max(...NEXT.map(([command]) => command.length));
  for (const [command, does] of NEXT) screen.say(`  ${command.padEnd(width)}  ${paint('dim', does)}`);
}

function countCommands({ commands }: ModemStats): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0);
}
