/** The simulator run: every dialogue that a real modem could hold is played as host against the simulator. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createSim, parseSimOptions } from '../../src/sim/index.ts';
import { playAsHost } from '../dialogue/host.ts';
import { Network } from '../dialogue/network.ts';
import { type Dialogue, loadDialogues } from '../dialogue/parser.ts';

/** Each with the dialogues of all runs, and those that only a host without our driver would begin. */
const COMMAND_SETS = ['sequans', 'quectel-qfwd'];

const HOSTS = { 'echo.test': ['127.0.0.1', '::1'] };

/** Where the network's own lines stand between replies is a matter of microseconds; their order is not. */
const EARLY_NAMES = ['+SQNSRING', '+SQNSH', '+QFWDURC'];

/** Port numbers that a dialogue chooses. */
const CHOSEN = ['local', 'listen', 'service'];

const sockets: Socket[] = [];
const variables: Record<string, number> = {};

/** A UDP service that sends every datagram back; gives its port number. */
async function startEcho(type: 'udp4' | 'udp6'): Promise<number> {
  const socket = createSocket(type);
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  sockets.push(socket);
  return bind(socket, type);
}

async function bind(socket: Socket, type: 'udp4' | 'udp6'): Promise<number> {
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  return socket.address().port;
}

/** A port number that was free a moment ago, for TCP; so it most likely is for UDP, where few are taken. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** The port numbers that this dialogue chooses; it hears them from the modem where it does not. */
async function variablesOf({ steps }: Dialogue): Promise<Record<string, number>> {
  const ours = steps.flatMap(step =>
    step.kind === 'network' || (step.kind === 'bytes' && step.from === 'host') ? step.pattern : [],
  );
  const names = ours.flatMap(part => (Buffer.isBuffer(part) ? [] : [part.name]));
  const chosen = CHOSEN.filter(name => names.includes(name));
  const ports = await Promise.all(chosen.map(async name => [name, await freePort()] as const));
  return { ...variables, ...Object.fromEntries(ports) };
}

beforeAll(async () => {
  variables.peer = await startEcho('udp4');
  variables.other = await startEcho('udp4');
  variables.peer6 = await startEcho('udp6');
  variables.other6 = await startEcho('udp6');
});

afterAll(() => {
  for (const socket of sockets) socket.close();
});

describe.each(
  COMMAND_SETS.flatMap(name => [
    [name, name],
    [name, `${name}/simulator`],
    [name, 'sms'],
  ]),
)('%s: %s', (commandSet, folder) => {
  it.each(loadDialogues(join(import.meta.dirname, folder)))('$file: $title', async dialogue => {
    const options = parseSimOptions(commandSet, new URLSearchParams([...dialogue.needs]));
    const sim = createSim({ ...options, host: HOSTS });
    const network = new Network();
    try {
      await playAsHost(sim.transport, dialogue, {
        variables: await variablesOf(dialogue),
        earlyNames: EARLY_NAMES,
        network: event => network.act(event),
      });
    } finally {
      network.close();
      await sim.close();
    }
  });
});
