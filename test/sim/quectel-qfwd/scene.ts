/** A simulated EC25 with sockets in every state that the tests begin with. */
import type { SimModem, SimOptions } from '../../../src/sim/index.ts';
import { freePort, TcpEnd, TcpService } from '../tcp-peer.ts';
import { line, OK, openTerminal, Peer, type Terminal } from '../terminal.ts';

export const PROMPT = '\r\n> ';
export const ERROR = line('ERROR');

/** With the spellings of the manual's table, and no length in `client/read`, unless told otherwise. */
export function openQuectel(options: SimOptions = {}): Promise<{ sim: SimModem; at: Terminal }> {
  return openTerminal({ commandSet: 'quectel-qfwd', profile: 'table', ...options });
}

export const urc = (what: string, ...fields: readonly (string | number)[]): string =>
  line(`+QFWDURC: "${what}"${fields.map(field => `,${field}`).join('')}`);

/** `tail` is all behind the port number. */
export async function openClient(
  at: Terminal,
  id: number,
  protocol: 'udp' | 'tcp',
  to: { readonly port: number; readonly address?: string },
  tail = '',
): Promise<void> {
  const { address = '127.0.0.1', port } = to;
  const family = address.includes(':') ? 'IPV6' : 'IP';
  await at.command(`AT+QFWDCLIENT=1,${id},"${family}","${protocol}","${address}",${port}${tail}`, OK);
}

export async function openServer(
  at: Terminal,
  id: number,
  protocol: 'udp' | 'tcp',
  {
    port,
    family = 'IP',
    tail = '',
  }: { readonly port: number; readonly family?: string; readonly tail?: string },
): Promise<void> {
  await at.command(`AT+QFWDSEVER=1,${id},"${family}","${protocol}",${port},5${tail}`, OK);
  await at.expect(urc('server/open', id, 0));
}

export async function send(at: Terminal, id: number, payload: string): Promise<void> {
  await at.command(`AT+QFWDSEND=${id},0,${payload.length}`, PROMPT);
  at.write(payload);
  await at.expect(line(`+QFWDSEND: ${id},${payload.length}`) + OK);
}

export async function read(at: Terminal, id: number, data: string, limit = 1024): Promise<void> {
  await at.command(`AT+QFWDRECV=${id},${limit}`, readReply(id, data));
}

export function readReply(id: number, data: string, name = '+QFWDRECV'): string {
  return `\r\n${name}: ${id},${data.length}\r\n${data === '' ? '' : `${data}\r\n`}${OK}`;
}

export interface UdpScene {
  readonly at: Terminal;
  readonly sim: SimModem;
  readonly peer: Peer;
  /** Where the modem's socket is reached. */
  readonly port: number;
}

/** Client 100 to a UDP peer, which has heard one datagram of it. */
export async function udpClient(
  options: SimOptions = {},
  loopback: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<UdpScene> {
  const { at, sim } = await openQuectel(options);
  const peer = await Peer.open(loopback);
  await openClient(at, 100, 'udp', { port: peer.port, address: loopback });
  await at.expect(urc('client/open', 100, 0));
  await send(at, 100, 'hello');
  const { from } = await peer.next();
  return { at, sim, peer, port: from.port };
}

export interface TcpScene {
  readonly at: Terminal;
  readonly sim: SimModem;
  readonly peer: TcpEnd;
}

/** Client 100 to a TCP peer. */
export async function tcpClient(options: SimOptions = {}, reading = true): Promise<TcpScene> {
  const { at, sim } = await openQuectel(options);
  const service = await TcpService.open('127.0.0.1', reading);
  await openClient(at, 100, 'tcp', service);
  await at.expect(urc('client/open', 100, 0));
  return { at, sim, peer: await service.caller() };
}

/** The number that the module gives to a peer which joins. */
export async function joined(at: Terminal, server: number): Promise<number> {
  const [, id] = await at.match(
    new RegExp(`\\r\\n\\+QFWDURC: "client/incoming",${server},(\\d+),"[\\d.:]+",\\d+,"[\\d.:]+",\\d+\\r\\n`),
  );
  return Number(id);
}

/** Server 100 and its first TCP peer. */
export async function tcpServer(
  options: SimOptions = {},
  tail = '',
): Promise<TcpScene & { readonly port: number; readonly id: number }> {
  const { at, sim } = await openQuectel(options);
  const port = await freePort();
  await openServer(at, 100, 'tcp', { port, tail });
  const peer = await TcpEnd.call(port);
  return { at, sim, peer, port, id: await joined(at, 100) };
}

/** Server 100 for UDP, which nobody has called yet. */
export async function udpServer(options: SimOptions = {}, tail = ''): Promise<UdpScene> {
  const { at, sim } = await openQuectel(options);
  const port = await freePort();
  await openServer(at, 100, 'udp', { port, tail });
  return { at, sim, peer: await Peer.open(), port };
}

/** Registers the test of a switch; it gets the options with which the modem has it. */
export type Fault = (name: string, test: (options: SimOptions) => Promise<void>) => void;

/** Until this many unread bytes are there on 100. */
export async function holds(at: Terminal, bytes: number): Promise<void> {
  for (let used = -1; used !== bytes; ) {
    at.write('AT+QFWDACK=100\r');
    used = Number((await at.match(/^\r\n\+QFWDACK: 100,0,\d+,\d+,(\d+),\d+,\d+\r\n\r\nOK\r\n/))[1]);
  }
}
