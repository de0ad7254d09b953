/** What a recording holds: steps between two lanes, and what each command waited for. */

/** From left to right on the page. */
export const LANES = ['program', 'library', 'modem', 'network'] as const;
export type Lane = (typeof LANES)[number];

/** Times are milliseconds since the recording began. */
export interface Step {
  readonly at: number;
  readonly from: Lane;
  readonly to: Lane;
  readonly text: string;
  /** Bytes on the line, or of payload beside it. */
  readonly bytes: number;
  /** 0: of no socket. */
  readonly socket: number;
}

/** One AT command of a socket, and its share of the time. */
export interface CommandSpan {
  /** Secrets removed. */
  readonly line: string;
  readonly socket: number;
  /** Its answer waits for the network: dialling, looking up a name. */
  readonly waitsForNetwork: boolean;
  readonly queuedAt: number;
  readonly writtenAt: number;
  readonly endedAt: number;
}

export interface SocketSummary {
  readonly id: number;
  /** "TCP 192.0.2.1:80", "UDP port 4711", "names". */
  readonly title: string;
  sent: number;
  received: number;
  /** Milliseconds in which bytes had been sent and nothing had come back yet, and no command was running for it. */
  awaited: number;
}

export interface Recording {
  readonly began: Date;
  readonly durationMs: number;
  readonly steps: readonly Step[];
  /** Steps that came when the recording was full. */
  readonly leftOut: number;
  readonly commands: readonly CommandSpan[];
  readonly sockets: readonly SocketSummary[];
  /** Bits per second of the line, if it has a speed. */
  readonly baud: number | undefined;
}
