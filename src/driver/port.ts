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
  /** The port is gone without `close()`; once. Without an error it was the modem that was closed in order. */
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
