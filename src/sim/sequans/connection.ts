/** One socket of a Sequans modem: what the table knows of it (sequans.md 3.11 and 4). */
import { ReceiveQueue } from '../receive-queue.ts';
import type { Endpoint, Family } from '../sim-hosts.ts';
import type { TcpLink } from '../tcp-link.ts';
import type { TcpListener } from '../tcp-listener.ts';
import type { UdpLink } from '../udp-link.ts';
import type { SocketSettings } from './memory.ts';

/** 'opening' is for the time of a dial; 'incoming' for that between a caller and SQNSA. */
export type Phase = 'closed' | 'opening' | 'open' | 'listening' | 'incoming';

/** `<txProt>`. */
export const protocols = { tcp: 0, udp: 1 } as const;

export interface Connection {
  readonly id: number;
  readonly settings: SocketSettings;
  phase: Phase;
  protocol: 0 | 1;
  family: Family;
  localAddress: string;
  peer: Endpoint | undefined;
  /** acceptAnyRemote: 0 the peer alone, 1 hears anybody, 2 also sends to anybody. UDP only. */
  anyRemote: number;
  /** At most one of these: a UDP link, a TCP link, a TCP listener; and the listener stays with what it took. */
  udp: UdpLink | undefined;
  tcp: TcpLink | undefined;
  door: TcpListener | undefined;
  /** Listens again, if it came from SQNSL or SQNSLUDP. */
  again: (() => Promise<void>) | undefined;
  /** The peer has closed, and that was not announced yet. */
  finished: boolean;
  /** Kept after the network closed the socket, until SQNSH or the next dial (sequans.md 3.5). */
  queue: ReceiveQueue;
  sent: number;
  received: number;
  /** No prompt was given yet. */
  untried: boolean;
  idle: NodeJS.Timeout | undefined;
}

export function closedConnection(id: number, settings: SocketSettings): Connection {
  return {
    id,
    settings,
    phase: 'closed',
    protocol: protocols.udp,
    family: 4,
    localAddress: '',
    peer: undefined,
    anyRemote: 0,
    udp: undefined,
    tcp: undefined,
    door: undefined,
    again: undefined,
    finished: false,
    queue: new ReceiveQueue(),
    sent: 0,
    received: 0,
    untried: true,
    idle: undefined,
  };
}

/** Its next life begins, at the same door or at none. */
export function renew(one: Connection, begin: Partial<Omit<Connection, 'id' | 'settings'>> = {}): void {
  if (one.door !== begin.door) one.door?.close();
  Object.assign(one, closedConnection(one.id, one.settings), begin);
}

export function localPortOf(one: Connection): number {
  return (one.udp ?? one.tcp ?? one.door)?.localPort ?? 0;
}

/** `<state>` of +SQNSS (sequans.md 3.11). */
export function stateNumber(one: Connection): number {
  const open = one.queue.bytes > 0 ? 3 : 2;
  return { closed: 0, opening: 6, open, listening: 4, incoming: 5 }[one.phase];
}
