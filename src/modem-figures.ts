/** What a modem tells of itself: who it is, its network, what has passed. */
import type { Identity } from './dialects/dialect.ts';
import type { NetworkStatus } from './driver/driver.ts';
import type { Session } from './modem-session.ts';

/** What the modem is. */
export interface ModemInfo extends Identity {
  /** The name of the dialect that is spoken with it. */
  readonly dialect: string;
  /** Connections the modem has at once. */
  readonly connections: number;
}

/** What the modem says about its network now. */
export interface ModemStatus extends NetworkStatus {
  /** Where the network gives IPv6 only: the prefix by which IPv4 is reached, if there is one. */
  readonly nat64?: string;
}

/** Sums over all openings of the modem, but where it says now. */
export interface ModemStats {
  /** Bytes on the line to and from the modem. */
  readonly bytesWritten: number;
  readonly bytesRead: number;
  /** Payload bytes of sockets. */
  readonly payloadSent: number;
  readonly payloadReceived: number;
  /** Command lines written, by name. */
  readonly commands: Readonly<Record<string, number>>;
  /** Connections open on the modem now. */
  readonly connections: number;
  /** Commands that wait for their turn now. */
  readonly queueLength: number;
  /** How often the modem was lost and opened again. */
  readonly recoveries: number;
  /** The highest rung, from 3 on, that was climbed to get it back, since it was last well for long; 0 if none. */
  readonly rung: number;
  /** What was done to get it back, and how often: `fence`, and every `recovery` event by its action. */
  readonly actions: Readonly<Record<string, number>>;
}

/** Of each rung, from the first on. */
export const noActions = (): Record<string, number> => ({
  fence: 0,
  reopen: 0,
  radio: 0,
  reset: 0,
  usb: 0,
  power: 0,
  alarm: 0,
});

/** So far: on the line, and of payload. */
export function bytesOf({ channel, driver }: Session) {
  return {
    bytesWritten: channel.stats.bytesWritten,
    bytesRead: channel.stats.bytesRead,
    payloadSent: driver.payload.sent,
    payloadReceived: driver.payload.received,
  };
}

/** Sums by name. */
export function addTo(sums: Record<string, number>, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) sums[name] = (sums[name] ?? 0) + value;
}
