/** Ports: open connections of the modem, as the socket layer sees them. */

export type Family = 4 | 6;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly family: Family;
}

export interface Datagram {
  readonly data: Buffer;
  /** Who really sent it. */
  readonly remote: Endpoint;
}

/**
 * Told to the owner of a port. Never called inside `openUdp` before it has returned: what happens until then is
 * kept and told in a later turn.
 */
export interface PortEvents {
  /** Call `receive()` until it gives undefined; then this is called again when there is more. */
  readable(): void;
  /**
   * The port is gone without `close()`; once. Without an error it was the modem that was closed in order. The end
   * of the peer is no such thing: `receive()` tells it.
   */
  closed(error?: Error): void;
}

/** What to open: a local UDP port number, and the peer that is about to be talked to if there is one. */
export interface UdpBinding {
  readonly family: Family;
  /** Local port number, 0: the modem chooses. */
  readonly port: number;
  /** The first peer. Without it the port must be able to hear from anyone. */
  readonly remote?: Endpoint;
}

/** One local UDP port number of the modem. It talks to any number of peers. */
export interface UdpPort {
  /** The local address and port number that peers see, as far as the modem tells. */
  readonly local: Endpoint;
  /**
   * Hands one datagram to the modem: at most once, never repeated.
   * @throws SocketFailure EMSGSIZE, ENETDOWN, ENETUNREACH, ENOBUFS, EMFILE, ETIMEDOUT (unknown whether sent) …
   */
  send(data: Uint8Array, remote: Endpoint): Promise<void>;
  /**
   * The next datagram, or undefined if none waits.
   * @throws SocketFailure EIO, ETIMEDOUT: one datagram may be lost, others may wait
   */
  receive(): Promise<Datagram | undefined>;
  /** Gives the modem's connections back. Resolves when the modem has closed them; never rejects. */
  close(): Promise<void>;
}

/** One TCP connection of the modem. */
export interface TcpPort {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /**
   * Hands bytes to the modem, in order; one call at a time. Resolves with how many it took, at least one; waits
   * while its buffer is full. What was handed over is never handed over again.
   * @throws SocketFailure EPIPE, ECONNRESET, ENETDOWN; ETIMEDOUT: unknown how much was taken, the connection is over
   */
  send(data: Uint8Array): Promise<number>;
  /**
   * The next bytes, at most `maxBytes`; undefined if none waits, and `readable()` is called when there are more;
   * null when the peer has ended and everything it sent has been given. One call at a time.
   * @throws SocketFailure ECONNRESET when bytes are lost or the peer has reset, after everything before was given
   */
  receive(maxBytes: number): Promise<Buffer | undefined | null>;
  /** Resolves when the peer has acknowledged every byte sent, as far as the modem tells, or the connection is over. */
  drained(): Promise<void>;
  /**
   * Ends both directions in order: modems have no half close. Bytes that wait unread are thrown away, so read
   * before. May come while `send()` or `receive()` waits. Resolves when the modem has closed it; never rejects.
   */
  close(): Promise<void>;
}

/** What to listen on. */
export interface TcpBinding {
  readonly family: Family;
  /** Local port number, 0: any. */
  readonly port: number;
}

export interface ListenerEvents {
  /** Somebody has called; gives back the events of the new port. Never called inside `listenTcp`. */
  connection(port: TcpPort): PortEvents;
  /** The listener is gone without `close()`; once. Without an error it was the modem that was closed in order. */
  closed(error?: Error): void;
}

export interface TcpListener {
  readonly local: Endpoint;
  /** Accepted connections go on. Resolves when the modem listens no more; never rejects. */
  close(): Promise<void>;
}
