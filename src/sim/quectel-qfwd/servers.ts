/** How a QFWD socket becomes a server, and the peers that join it: each a socket with an id of the module's choice (quectel-qfwd.md 3.3, 3.4). */
import type { Endpoint } from '../sim-hosts.ts';
import type { TcpLink } from '../tcp-link.ts';
import { placeOn } from './contexts.ts';
import type { Parts } from './parts.ts';
import { endsOf, newSocket, type QfwdSocket } from './socket.ts';
import { startStream } from './streams.ts';

/** @throws Error if another has the port, or the context no address */
export async function listen(parts: Parts, one: QfwdSocket, cid: number): Promise<() => void> {
  one.cid = placeOn(parts.network, cid, one.family).cid;
  await (one.protocol === 'tcp' ? listenForStreams(parts, one) : listenForDatagrams(parts, one));
  return () => {};
}

async function listenForStreams(parts: Parts, server: QfwdSocket): Promise<void> {
  const options = { family: server.family, port: server.localPort, callersWait: true };
  const door = parts.bridges.tcp.listener(options, link => {
    joinStream(parts, server, link);
    void door.next();
  });
  server.door = door;
  await door.next();
}

function joinStream(parts: Parts, server: QfwdSocket, link: TcpLink): void {
  const one = join(parts, server, link.peer);
  if (one) {
    one.tcp = link;
    startStream(parts, one, link, link.peer);
  } else link.abort();
}

async function listenForDatagrams(parts: Parts, server: QfwdSocket): Promise<void> {
  const { sockets, bridges, machine } = parts;
  const { family, localPort } = server;
  const receive = (data: Buffer, from: Endpoint): void => {
    // No source shows an empty datagram; a length of 0 means "nothing there".
    if (data.length === 0) return;
    const taker = machine.settings.switches.has('udp-server-id') ? server : pseudoPeer(parts, server, from);
    if (taker) sockets.receive(taker, { data, from });
  };
  server.udp = await bridges.udp.open({ family, localPort, anyRemote: true, receive });
  if (!sockets.has(server)) server.udp.close();
}

/** The connection that stands for a sender; its first datagram makes it (model P). */
function pseudoPeer(parts: Parts, server: QfwdSocket, from: Endpoint): QfwdSocket | undefined {
  const { sockets, bridges } = parts;
  const known = sockets.inUse.find(
    ({ server: own, peer, phase }) =>
      own === server && phase === 'open' && peer?.address === from.address && peer.port === from.port,
  );
  if (known) return known;
  const one = join(parts, server, from);
  if (!one) return undefined;
  const { family, localPort } = server;
  const receive = (data: Buffer): void => void (data.length > 0 && sockets.receive(one, { data, from }));
  // On the port of the server, which hears for it until it is open.
  const opening = bridges.udp.open({ family, localPort, peer: from, anyRemote: false, receive });
  opening.then(
    link => {
      one.udp = link;
      if (!sockets.has(one)) link.close();
    },
    () => sockets.has(one) && sockets.lose(one),
  );
  return one;
}

/** undefined: the table is full. */
function join({ sockets, machine }: Parts, server: QfwdSocket, peer: Endpoint): QfwdSocket | undefined {
  const id = sockets.idForPeer(server);
  if (id === undefined) return undefined;
  const { protocol, family, localAddress, localPort, cid } = server;
  const urcPort = machine.settings.switches.has('accepted-urcs-on-usbat') ? 'usbat' : server.urcPort;
  const common = { protocol, family, localAddress, localPort, cid, urcPort };
  const one = newSocket({ ...common, id, kind: 'income', phase: 'open', server, peer });
  sockets.addPeer(one);
  const ends = endsOf(one, machine.settings.switches);
  sockets.say(server, 'client/incoming', server.id, id, ...ends);
  return one;
}
