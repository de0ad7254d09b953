/** How a QFWD socket becomes a TCP or UDP client (quectel-qfwd.md 3.2, 3.4). */
import type { Endpoint } from '../sim-hosts.ts';
import { placeOn } from './contexts.ts';
import type { Parts } from './parts.ts';
import type { QfwdSocket } from './socket.ts';
import { startStream } from './streams.ts';

export interface Destination {
  readonly cid: number;
  readonly host: string;
  readonly port: number;
}

/** The manual names no limit, 150 s is that of the QI family; the module is done before its host gives up. */
const PATIENCE_MS = 120_000;

/** Gives what to do once the host knows. @throws Error for whatever reason there is no connection */
export async function dial(
  parts: Parts,
  one: QfwdSocket,
  { cid, host, port }: Destination,
): Promise<() => void> {
  const place = placeOn(parts.network, cid, one.family);
  const [address] = parts.machine.hosts.resolve(host, one.family);
  if (address === undefined) throw new Error('no such name');
  one.cid = place.cid;
  one.localAddress = place.address;
  one.peer = { address, port };
  return one.protocol === 'tcp'
    ? connectStream(parts, one, one.peer)
    : connectDatagrams(parts, one, one.peer);
}

async function connectStream(parts: Parts, one: QfwdSocket, peer: Endpoint): Promise<() => void> {
  const link = parts.bridges.tcp.dial({ peer, delay: 0, limit: PATIENCE_MS });
  one.tcp = link;
  await link.connected();
  one.localPort = link.localPort;
  return () => startStream(parts, one, link, peer);
}

async function connectDatagrams(
  { bridges, sockets }: Parts,
  one: QfwdSocket,
  peer: Endpoint,
): Promise<() => void> {
  const link = await bridges.udp.open({
    family: one.family,
    localPort: 0,
    peer,
    anyRemote: false,
    receive: (data, from) => void (data.length > 0 && sockets.receive(one, { data, from })),
  });
  one.udp = link;
  one.localPort = link.localPort;
  if (!sockets.has(one)) link.close();
  return () => {};
}
