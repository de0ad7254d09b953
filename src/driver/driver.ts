/** The contract every modem driver fulfils: waist 3, all that the socket layer knows of a modem. */
import type { Nat64Prefix } from './nat64.ts';
import type {
  Endpoint,
  Family,
  ListenerEvents,
  PortEvents,
  TcpBinding,
  TcpListener,
  TcpPort,
  UdpBinding,
  UdpPort,
} from './port.ts';

/** Facts of the modem in use. */
export interface SocketLimits {
  /** Connections the modem has at once, for all sockets together. */
  readonly connections: number;
  /** Largest UDP payload in bytes that one send command takes. */
  readonly datagramBytes: number;
  /** Smallest: 1 where the modem cannot send an empty datagram. */
  readonly smallestDatagramBytes: 0 | 1;
}

/** `none`: not, and not looking for one. */
export type Registration = 'home' | 'roaming' | 'searching' | 'denied' | 'none' | 'unknown';

/** What the modem says about its network. */
export interface NetworkStatus {
  /** With the LTE network (+CEREG). */
  readonly registration: Registration;
  /** Addresses of the PDP context in Node's text form; empty while it is not active. */
  readonly addresses: readonly string[];
  /** Signal strength in dBm, if the modem knows. */
  readonly rssiDbm?: number;
}

export interface Waiting {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((state: string) => void) | undefined;
}

export interface ModemDriver {
  /** Valid after `start()`. */
  readonly limits: SocketLimits;
  /**
   * From a talking modem to an active PDP context; closes what an earlier program left open.
   * `progress` hears one short text for each state: "searching", "registered (home)" …
   */
  start(waiting?: Waiting): Promise<void>;
  network(): Promise<NetworkStatus>;
  /** The addresses of `network()` alone, where that is cheaper. */
  readAddresses?(): Promise<readonly string[]>;
  /**
   * Addresses of a name by the modem's own resolver; family 0 asks for both.
   * @throws SocketFailure ENOTFOUND, EAI_AGAIN
   */
  resolve(name: string, family: Family | 0): Promise<readonly string[]>;
  /** Addresses of the name servers of the PDP context, where the modem tells them. */
  nameServers?(): Promise<readonly string[]>;
  /** The prefix that carries IPv4 where the network gives IPv6 only; undefined where none is needed, or there is none. */
  nat64Prefix?(): Promise<Nat64Prefix | undefined>;
  /** Addresses of the PDP context when the modem was last asked: with others, what was learned of the network is void. */
  readonly contextAddresses?: readonly string[];
  openUdp(binding: UdpBinding, events: PortEvents): Promise<UdpPort>;
  /** @throws SocketFailure ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EMFILE, ENETDOWN; AbortError */
  openTcp?(remote: Endpoint, events: PortEvents, signal?: AbortSignal): Promise<TcpPort>;
  /** @throws SocketFailure EADDRINUSE, EMFILE, ENETDOWN */
  listenTcp?(binding: TcpBinding, events: ListenerEvents): Promise<TcpListener>;
  /** Closes every connection on the modem; their owners are told `closed()` without an error. Never rejects. */
  close(): Promise<void>;
  /** What was learned of the firmware, where there was something to learn: given to `openModem` again, it is not asked again. */
  readonly capabilities?: Readonly<Record<string, string>>;
  /** Connections open at this moment. */
  readonly connectionsOpen: number;
  /** Payload bytes handed to and taken from the modem so far. */
  readonly payload: { readonly sent: number; readonly received: number };
}
