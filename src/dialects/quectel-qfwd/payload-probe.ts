/** Proves how payloads go byte-exact, and where URCs come, on a socket that talks to nobody (quectel-qfwd.md 3.5, 3.8). */
import { AtError } from '../../at/at-error.ts';
import type { Command } from '../../at/command.ts';
import type { Endpoint } from '../../driver/port.ts';
import * as qfwd from './commands.ts';
import type { QfwdContext } from './context.ts';
import { openSocket } from './opening.ts';
import { SPECIAL_BYTES } from './payload.ts';
import { nameOf, refusalOnly, Socket } from './socket.ts';

/** The modem itself, discard port (RFC 863): what goes there costs nothing and reaches nobody. */
const NOBODY: readonly Endpoint[] = [
  { address: '127.0.0.1', port: 9, family: 4 },
  { address: '::1', port: 9, family: 6 },
];

/** A socket that needs no network is open at once. */
const LOOK_MS = 1_000;
/** The answer to a payload that needs none either. A modem that waits for more bytes says nothing. */
const SEND_MS = 3_000;

const PLAIN = Buffer.from(
  Array.from({ length: 256 }, (_, byte) => byte).filter(byte => !SPECIAL_BYTES.includes(byte)),
);

/** Learns nothing where the modem refuses such a socket. */
export async function probePayloads(context: QfwdContext): Promise<void> {
  for (const peer of NOBODY) {
    const socket = await openAny(context, peer);
    if (!socket) continue;
    try {
      await learn(context, socket);
    } finally {
      await socket.close();
    }
    return;
  }
}

/** Tries until a URC is heard, or until it is clear that none will be. */
async function openAny(context: QfwdContext, place: Endpoint): Promise<Socket | undefined> {
  for (;;) {
    const socket = new Socket(context, nameOf('udp', place), {});
    const request = { kind: 'client', protocol: 'udp', place, lookMs: LOOK_MS } as const;
    const result = await openSocket(context, socket, request).catch(ignoreNo);
    if (result === 0 && (context.urcsHeard || context.urcPort === 'none')) return socket;
    await socket.close();
    if (result !== 0) return undefined;
  }
}

async function learn({ capabilities, options }: QfwdContext, socket: Socket): Promise<void> {
  const takes = async (data: Uint8Array): Promise<boolean> => {
    const command = checked(qfwd.send(socket.id, data));
    // A refusal may be for the datagram before: that nobody listens there is told at the next one. Once more, then.
    const again = (cause: unknown) => refusalOnly(cause) && socket.execute(command);
    return (await socket.execute(command).catch(again).catch(ignoreNo)) === data.length;
  };
  let form: 'binary' | 'printable' | 'hex' = (await takes(PLAIN)) ? 'binary' : 'hex';
  // Each at the end of its payload: where it acts, nothing is left over that could become a command.
  for (const byte of SPECIAL_BYTES)
    if (form === 'binary' && !(await takes(Buffer.of(0x61, 0x61, byte)))) form = 'printable';
  capabilities.learn('payload', form);
  if (form === 'binary' && options.encoding !== 'hex') return;
  const long = Buffer.alloc(qfwd.MAX_BYTES);
  const taken = await socket.execute(qfwd.sendHex(socket.id, long)).catch(ignoreNo);
  capabilities.learn('hexBytes', taken === long.length ? '1024' : '512');
}

/** A modem that echoes payloads could say anything in them: then only hex digits go. */
const checked = (command: Command<number | undefined>): Command<number | undefined> => ({
  ...command,
  text: true,
  timeoutMs: SEND_MS,
  parse: reply =>
    reply.info.every(({ text }) => text.startsWith('+QFWDSEND')) ? command.parse(reply) : undefined,
});

/** "No", silence and nonsense all mean that it does not work; that the line is gone is another matter. */
function ignoreNo(error: unknown): undefined {
  if (!(error instanceof AtError) || error.kind === 'closed') throw error;
}
