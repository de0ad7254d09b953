/** The one list of what differs from Node, and why: the conformance suite skips by it, docs/deviations.md prints it. */

/** One thing that cannot be over a modem as it is in Node. */
export interface Deviation {
  /** By which tests name it. */
  readonly id: string;
  /** Where it is. */
  readonly module: 'dgram' | 'net' | 'dns';
  /** What a program sees. */
  readonly what: string;
  /** Why that cannot be otherwise. */
  readonly why: string;
}

/** All that differs from Node. */
export const deviations: readonly Deviation[] = [
  {
    id: 'datagram-size',
    module: 'dgram',
    what: 'Datagrams above the limit of the modem (1,500 bytes on Sequans, 1,024 on Quectel QFWD) fail with EMSGSIZE.',
    why: 'One send command takes no more, and the modem does not fragment.',
  },
  {
    id: 'empty-datagram',
    module: 'dgram',
    what: 'Sending an empty datagram fails with EOPNOTSUPP where the modem cannot send one.',
    why: 'The send commands of Sequans and Quectel modems take 1 byte or more.',
  },
  {
    id: 'socket-options',
    module: 'dgram',
    what: 'Multicast, broadcast and TTL calls check their arguments, then throw ENOTSUP.',
    why: 'There are no commands for them.',
  },
  {
    id: 'buffer-sizes',
    module: 'dgram',
    what: 'Buffer sizes are remembered and reported, without any effect.',
    why: 'The buffers are those of the modem.',
  },
  {
    id: 'bind-address',
    module: 'dgram',
    what: 'Whatever the address of bind(), the socket hears from the mobile network.',
    why: 'A modem has one interface. Addresses that are neither its own, loopback nor a wildcard are refused.',
  },
  {
    id: 'port-reuse',
    module: 'dgram',
    what: 'reuseAddr and reusePort are accepted without effect; there is no sharing in a cluster.',
    why: 'A local port number belongs to one socket of the modem.',
  },
  {
    id: 'dual-stack',
    module: 'dgram',
    what: 'A udp6 socket sends to "::ffff:…" addresses and hears their answers from a port number of its own; of other IPv4 senders it hears nothing, as with ipv6Only.',
    why: 'A connection of the modem has one family, so IPv4 takes a second one, which is opened when it is needed.',
  },
  {
    id: 'nat64-datagrams',
    module: 'dgram',
    what: 'Where the network gives IPv6 only, a udp4 socket reaches and hears IPv4 peers through NAT64, and nobody else; without NAT64 it cannot be opened (ENETUNREACH).',
    why: 'There is no IPv4 there, and an IPv4 socket cannot show an IPv6 sender.',
  },
  {
    id: 'one-peer-connections',
    module: 'dgram',
    what: 'On modems whose connections know one peer each (Sequans Monarch 1, Quectel QFWD), a socket that was not bound by bind() hears only those it sent to; with more peers than connections, answers of the one that was silent longest are lost, and further peers may see another source port; of several unknown callers in the same instant one is heard. On Quectel QFWD a bound socket answers who has called it; anybody else hears from it under another source port; firmware that does not tell callers apart shows them all as 0.0.0.0, port 0.',
    why: 'Each peer takes one connection of the modem; the least recently used is given up.',
  },
  {
    id: 'icmp',
    module: 'dgram',
    what: "A connected socket does not hear that its peer's port is closed (ECONNREFUSED).",
    why: 'Modems do not report ICMP messages.',
  },
  {
    id: 'implicit-bind-failure',
    module: 'dgram',
    what: 'When the modem cannot open the socket that the first send() or connect() needs, their callbacks are told; only without any there is an error event.',
    why: 'Such a bind never fails in Node, so programs listen to the callback.',
  },
  {
    id: 'close-waits',
    module: 'dgram',
    what: "'close' comes when the modem has sent what it had taken and given the port number back.",
    why: 'Then the number can be bound again at once.',
  },
  {
    id: 'lost-modem',
    module: 'dgram',
    what: "When the modem is lost, an open socket has an 'error': ECONNRESET where the modem has restarted or lost its PDP context, ENETDOWN where it is away. What is sent until the modem and its network are back fails with ENETDOWN or ENETUNREACH. Then the socket is bound again by itself and keeps its port number and its peer; one that was not bound by bind() has another port number where the old one is taken or cannot be asked for (Quectel QFWD). If it cannot be bound, an 'error' says why, and bind() can be called again.",
    why: 'The ports of a modem are lost when it restarts; those of a kernel are not when its network is away.',
  },
  {
    id: 'closed-calls',
    module: 'dgram',
    what: 'Option and buffer calls on a closed socket throw ERR_SOCKET_DGRAM_NOT_RUNNING.',
    why: 'Node throws a TypeError about an internal null.',
  },
  {
    id: 'descriptors',
    module: 'dgram',
    what: 'bind({ fd }) throws ERR_INVALID_FD_TYPE; the deprecated underscore members do not exist.',
    why: 'There is no file descriptor and no handle.',
  },
  {
    id: 'half-close',
    module: 'net',
    what: 'end() writes everything and waits until the peer has it. Then what still comes is read, until the peer ends too or is silent for 100 ms (10 s with allowHalfOpen: true), and the connection is closed. A peer that answers only when it has seen the end is not heard.',
    why: 'Modems close both directions at once.',
  },
  {
    id: 'dial-blocks',
    module: 'net',
    what: 'On Sequans modems, while a connection is being made (up to 30 s if nobody answers), all other sockets wait, and the attempt cannot be called back.',
    why: 'The dial command ends only with its result, and one command runs at a time.',
  },
  {
    id: 'peer-ends-both',
    module: 'net',
    what: "Where the modem closes a connection as soon as the peer ends (Sequans, Quectel QFWD), what is written after 'end' fails with EPIPE with allowHalfOpen, and is thrown away without.",
    why: 'Such a modem does not hold half a connection open either. A kernel takes what it cannot deliver, too.',
  },
  {
    id: 'peer-reset',
    module: 'net',
    what: "Where the modem does not tell a reset from an orderly end (Sequans, Quectel QFWD), 'end' comes instead of ECONNRESET, and EPIPE or ECONNRESET for what waits to be written, unless the modem says that bytes were still unacknowledged.",
    why: 'It reports both in the same words.',
  },
  {
    id: 'reset',
    module: 'net',
    what: 'resetAndDestroy() closes the connection in order.',
    why: 'There is no command that resets it.',
  },
  {
    id: 'local-port',
    module: 'net',
    what: 'connect() with localPort fails with EOPNOTSUPP; a localAddress that is not the own one fails with EADDRNOTAVAIL.',
    why: 'The modem chooses the port number, and has one interface.',
  },
  {
    id: 'tcp-options',
    module: 'net',
    what: 'noDelay, keepAlive, backlog, exclusive and ipv6Only are accepted without effect.',
    why: 'There are no commands for them.',
  },
  {
    id: 'listen-address',
    module: 'net',
    what: 'A server without a host listens on the families that the modem has addresses of, with one connection of the modem each; on IPv4 alone, as address() then says, if there is no connection for the second. IPv4 callers are not shown as "::ffff:…", and a server on "::" is IPv6 only. Without a port number it has one at once, which changes if it turns out to be taken.',
    why: 'A listener of the modem has one family, and opening it takes a while.',
  },
  {
    id: 'nat64-connections',
    module: 'net',
    what: 'Where the network gives IPv6 only, connections to IPv4 addresses go through NAT64 and have 0.0.0.0 as localAddress; listening on an IPv4 address fails with EADDRNOTAVAIL.',
    why: 'The modem has no IPv4 address, and NAT64 lets nobody in.',
  },
  {
    id: 'lost-modem-connections',
    module: 'net',
    what: "When the modem is lost, its connections end with ECONNRESET where it has restarted or lost its PDP context, with ENETDOWN where it is away. A server is not told: it listens again on its port as soon as the modem and its network are back, and only if that cannot be there is an 'error', and 'close'.",
    why: 'The connections of a modem are lost when it restarts. A server of Node does not hear that its network is away, either.',
  },
  {
    id: 'tcp-close-waits',
    module: 'net',
    what: "'close' of sockets and servers comes when the modem has closed them.",
    why: 'Then the connection, or the port number, can be used again at once.',
  },
  {
    id: 'writes-complete-later',
    module: 'net',
    what: 'A write is never complete when write() returns: it counts for the high water mark until the modem has taken it.',
    why: 'There is no buffer of a kernel in between.',
  },
  {
    id: 'attempt-timeout',
    module: 'net',
    what: 'With autoSelectFamily each address has 5 s unless the program sets a time.',
    why: 'Connecting over a mobile network often takes longer than the 250 ms of Node.',
  },
  {
    id: 'tcp-descriptors',
    module: 'net',
    what: 'listen() on a descriptor or a handle fails with EINVAL, sockets have no _handle, and nothing is shared in a cluster.',
    why: 'A connection of the modem is no descriptor. UNIX sockets are those of Node.',
  },
  {
    id: 'dns-lookup',
    module: 'dns',
    what: 'lookup() reads no hosts file: only localhost and its subdomains are known. Without a family it asks for the families that the PDP context has, IPv6 first. Where the network gives IPv6 only and has a NAT64, family 6 finds IPv4-only names under the addresses that a DNS64 would make. All waits together take 15 s at most.',
    why: 'The names that count are those of the mobile network, and each question costs air time.',
  },
  {
    id: 'dns-cache',
    module: 'dns',
    what: 'Answers are remembered for their TTL (1 h at most; 60 s at most that there is none; 1,000 answers), and forgotten with the addresses of the PDP context.',
    why: 'There is no caching resolver of the system in between, and each question costs air time.',
  },
  {
    id: 'dns-next-server',
    module: 'dns',
    what: 'After SERVFAIL, REFUSED, NOTIMP or a malformed answer the next server is asked; records that are not about the question or its chain of CNAMEs are ignored.',
    why: 'One broken server of a mobile network should not cut a program off, and foreign records may be forged.',
  },
  {
    id: 'dns-servers',
    module: 'dns',
    what: 'getServers() gives the servers of the user, else of the PDP context, else public ones, which it names until the modem has been asked. setLocalAddress() is checked, without effect. resolve() takes the other record types of dns-packet too.',
    why: 'The modem learns its servers from the network, and has one interface.',
  },
];
