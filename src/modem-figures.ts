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

/** The part of them that adds up. */
type Sums = Omit<ModemStats, 'connections' | 'queueLength' | 'recoveries' | 'rung'>;

/** Adds up over all openings of a modem. */
export class Figures {
  #past: Sums = {
    bytesWritten: 0,
    bytesRead: 0,
    payloadSent: 0,
    payloadReceived: 0,
    commands: {},
    // Of each rung, from the first on.
    actions: { fence: 0, reopen: 0, radio: 0, reset: 0, usb: 0, power: 0, alarm: 0 },
  };

  /** Something was done to get the modem back. */
  acted(action: string): void {
    this.#past = { ...this.#past, actions: sum(this.#past.actions, { [action]: 1 }) };
  }

  /** Its line is closed. */
  ended(session: Session): void {
    this.#past = this.upTo(session);
  }

  /** @param session that is open, if one is */
  upTo(session: Session | undefined): Sums {
    if (!session) return this.#past;
    const { stats } = session.channel;
    const { payload } = session.driver;
    return {
      bytesWritten: this.#past.bytesWritten + stats.bytesWritten,
      bytesRead: this.#past.bytesRead + stats.bytesRead,
      payloadSent: this.#past.payloadSent + payload.sent,
      payloadReceived: this.#past.payloadReceived + payload.received,
      commands: sum(this.#past.commands, stats.commands),
      actions: sum(this.#past.actions, { fence: stats.fences }),
    };
  }
}

/** By name. */
function sum(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sums = { ...one };
  for (const [name, value] of Object.entries(other)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}
