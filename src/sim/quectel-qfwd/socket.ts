/** One socket of a QFWD module: what the table knows of it (quectel-qfwd.md 5). */
import { formatSocketAddress } from '../address-forms.ts';
import { ReceiveQueue } from '../receive-queue.ts';
import type { Endpoint, Family } from '../sim-hosts.ts';
import type { Switches } from '../sim-switches.ts';
import type { TcpLink } from '../tcp-link.ts';
import type { TcpListener } from '../tcp-listener.ts';
import type { UdpLink } from '../udp-link.ts';
import type { UrcPort } from './manner.ts';
import type { Protocol } from './words.ts';

export interface QfwdSocket {
  readonly id: number;
  readonly kind: 'server' | 'active' | 'income';
  readonly protocol: Protocol;
  readonly family: Family;
  /** Of a peer: the server that it joined. It may be closed by now. */
  readonly server: QfwdSocket | undefined;
  /** Of a server: the seconds after which its silent peers are closed. */
  readonly idleSeconds: number;
  urcPort: UrcPort;
  /** 'ended': not by the host, which may still read what came before, or must still close it. */
  phase: 'opening' | 'open' | 'ended';
  /** Ended, its id is in use all the same until the host closes it. */
  held: boolean;
  /** The PDP context that it is on, once it is open. */
  cid: number;
  localAddress: string;
  localPort: number;
  peer: Endpoint | undefined;
  /** At most one of these. */
  udp: UdpLink | undefined;
  tcp: TcpLink | undefined;
  door: TcpListener | undefined;
  readonly queue: ReceiveQueue;
  /** Datagrams that wait in Linux for room in the queue. */
  readonly outside: ReceiveQueue;
  idle: NodeJS.Timeout | undefined;
}

type Given = Pick<QfwdSocket, 'id' | 'kind' | 'protocol' | 'family' | 'urcPort'> & Partial<QfwdSocket>;

export function newSocket(given: Given): QfwdSocket {
  return {
    server: undefined,
    idleSeconds: 0,
    phase: 'opening',
    held: false,
    cid: 0,
    localAddress: anyAddress(given.family),
    localPort: 0,
    peer: undefined,
    udp: undefined,
    tcp: undefined,
    door: undefined,
    queue: new ReceiveQueue(),
    outside: new ReceiveQueue(),
    idle: undefined,
    ...given,
  };
}

/** What the example shows as the local address of a server (quectel-qfwd.md 3.3). */
export function anyAddress(family: Family): string {
  return family === 4 ? '0.0.0.0' : '::';
}

/** Both ends as every list shows them: addresses in quotes, port numbers bare. */
export function endsOf(one: QfwdSocket, switches: Switches): (string | number)[] {
  const { peer = { address: anyAddress(one.family), port: 0 }, localAddress, localPort } = one;
  const shown = (address: string): string => `"${formatSocketAddress(address, switches)}"`;
  return [shown(peer.address), peer.port, shown(localAddress), localPort];
}
