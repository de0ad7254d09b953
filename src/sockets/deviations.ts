/** The one list of what differs from Node, and why: the conformance suite skips by it, the README prints it. */

export interface Deviation {
  readonly id: string;
  readonly module: 'dgram' | 'dns';
  readonly what: string;
  readonly why: string;
}

export const deviations: readonly Deviation[] = [
  {
    id: 'datagram-size',
    module: 'dgram',
    what: 'Datagrams above the limit of the modem (1,500 bytes on Sequans) fail with EMSGSIZE.',
    why: 'One send command takes no more, and the modem does not fragment.',
  },
  {
    id: 'empty-datagram',
    module: 'dgram',
    what: 'Sending an empty datagram fails with EOPNOTSUPP where the modem cannot send one.',
    why: 'The send command of Sequans modems takes 1 byte or more.',
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
    id: 'block-lists',
    module: 'dgram',
    what: 'The options receiveBlockList and sendBlockList of newer Nodes are ignored.',
    why: 'Node 20 does not have them.',
  },
  {
    id: 'dual-stack',
    module: 'dgram',
    what: 'A udp6 socket hears and sends IPv6 only, as with ipv6Only.',
    why: 'A connection of the modem has one family.',
  },
  {
    id: 'one-peer-connections',
    module: 'dgram',
    what: 'On modems whose connections know one peer each (Sequans Monarch 1), a socket that was not bound by bind() hears only those it sent to; with more peers than connections, answers of the one that was silent longest are lost, and further peers may see another source port; of several unknown callers in the same instant one is heard.',
    why: 'Each peer takes one of six connections; the least recently used is given up.',
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
];
