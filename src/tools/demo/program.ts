/** The program of the demo: ordinary `dgram` code that talks to an echo service and compares every byte. */
import { once } from 'node:events';
import type { Modem } from '../../modem.ts';

export interface Service {
  readonly address: string;
  readonly port: number;
}

export interface Outcome {
  readonly sent: number;
  /** Replies with exactly the bytes that were sent. */
  readonly right: number;
}

const ANSWER_MS = 5_000;

/** What a modem could take for something else, if anything could. */
const PAYLOADS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["'hello'", Buffer.from('hello')],
  ['allByteValues', Buffer.from(Array.from({ length: 256 }, (_, value) => value))],
  ["'\\r\\nOK\\r\\n> '", Buffer.from('\r\nOK\r\n> ')],
];

export async function lookUp(modem: Modem, name: string, tell: (text: string) => void): Promise<string[]> {
  tell(`dns.lookup('${name}')`);
  const found = await modem.dns.promises.lookup(name, { all: true });
  const addresses = found.map(({ address }) => address);
  tell(`  → ${addresses.join(', ')}`);
  return addresses;
}

/** @throws Error when no answer comes in time; AbortError */
export async function talkTo(
  { address, port }: Service,
  modem: Modem,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const type = address.includes(':') ? 'udp6' : 'udp4';
  tell(`socket = dgram.createSocket('${type}')`);
  const socket = modem.dgram.createSocket(type);
  let right = 0;
  for (const [name, payload] of PAYLOADS) {
    tell(`socket.send(${name}, ${port}, '${address}')`);
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const answer = once(socket, 'message', { signal: inTime });
    socket.send(payload, port, address);
    const [data, from] = (await answer.catch(() => {
      signal.throwIfAborted();
      throw new Error(`no answer from ${address} port ${port} within ${ANSWER_MS / 1000} s`);
    })) as [Buffer, Service];
    const same = data.equals(payload) && from.address === address && from.port === port;
    if (same) right++;
    tell(`  → ${data.length} bytes from ${from.address}, ${same ? 'as sent' : 'NOT AS SENT'}`);
  }
  tell('socket.close()');
  await new Promise<void>(resolve => socket.close(resolve));
  return { sent: PAYLOADS.length, right };
}
