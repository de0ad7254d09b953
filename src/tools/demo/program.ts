/** The program of the demo: ordinary `dgram` and `net` code that talks to echo services and compares every byte. */
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

const LINE = 'hello\n';

export async function lookUp(modem: Modem, name: string, tell: (text: string) => void): Promise<string[]> {
  tell(`dns.lookup('${name}')`);
  const found = await modem.dns.promises.lookup(name, { all: true });
  const addresses = found.map(({ address }) => address);
  tell(`  → ${addresses.join(', ')}`);
  return addresses;
}

/** Some datagrams. @throws Error when no answer comes in time; AbortError */
export async function talkUdp(
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
    const answer = inTime(signal, `answer from ${address} port ${port}`, limit =>
      once(socket, 'message', { signal: limit }),
    );
    socket.send(payload, port, address);
    const [data, from] = (await answer) as [Buffer, Service];
    const same = data.equals(payload) && from.address === address && from.port === port;
    if (same) right++;
    tell(`  → ${data.length} bytes from ${from.address}, ${same ? 'as sent' : 'NOT AS SENT'}`);
  }
  tell('socket.close()');
  await new Promise<void>(resolve => socket.close(resolve));
  return { sent: PAYLOADS.length, right };
}

/** A line over a connection. @throws Error when it does not come back in time; AbortError */
export async function talkTcp(
  { address, port }: Service,
  modem: Modem,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  tell(`socket = net.connect(${port}, '${address}')`);
  const socket = modem.net.connect(port, address);
  const event = (name: string): Promise<unknown[]> =>
    inTime(signal, `'${name}' of ${address} port ${port}`, limit => once(socket, name, { signal: limit }));
  await event('connect');
  tell(`socket.write('hello\\n')`);
  socket.write(LINE);
  const [data] = (await event('data')) as [Buffer];
  const same = data.equals(Buffer.from(LINE));
  tell(`  → ${data.length} bytes, ${same ? 'as sent' : 'NOT AS SENT'}`);
  tell('socket.end()');
  socket.end();
  await event('close');
  return { sent: 1, right: same ? 1 : 0 };
}

async function inTime<T>(
  signal: AbortSignal,
  what: string,
  wait: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    return await wait(AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    throw late.aborted ? new Error(`no ${what} within ${ANSWER_MS / 1000} s`) : error;
  }
}
