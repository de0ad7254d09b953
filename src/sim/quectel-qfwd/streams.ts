/** A TCP connection of a QFWD socket, from the moment at which its data may flow. */
import type { Endpoint } from '../sim-hosts.ts';
import type { TcpLink } from '../tcp-link.ts';
import type { Parts } from './parts.ts';
import type { QfwdSocket } from './socket.ts';

export function startStream({ sockets }: Parts, one: QfwdSocket, link: TcpLink, from: Endpoint): void {
  sockets.touch(one);
  link.start({
    room: () => sockets.room(one),
    receive: data => sockets.receive(one, { data, from }),
    // The manual knows one end for both (quectel-qfwd.md 1.9).
    finished: () => sockets.lose(one),
    broken: () => sockets.lose(one),
  });
}
