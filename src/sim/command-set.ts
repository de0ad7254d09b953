/** What a set of simulated AT commands is made of. */
import type { Arguments } from './arguments.ts';

/** Takes the bytes behind a prompt until it has them all. */
export interface Intake {
  readonly complete: boolean;
  /** Takes what belongs to the payload and returns how much that was. */
  feed(bytes: Buffer): number;
}

/** What a command may say while it runs. Its final result is OK, or the Refusal that it throws. */
export interface Reply {
  /** An information line. */
  info(text: string): void;
  /** An information line followed by counted data, and what stands between them: CR LF, unless said otherwise. */
  data(header: string, bytes: string, between?: string): void;
  /** Prompts, and settles once the payload is complete. */
  payload(intake: Intake): Promise<void>;
  /** Nothing more of this command is heard, not even its end. */
  lose(): void;
  /** For what comes behind the final result. */
  afterwards(work: () => void): void;
}

export type Handler = (args: Arguments, reply: Reply) => void | Promise<void>;

/** A form that is missing is an ERROR. Except the test form, which then says OK: "it exists" (at-generic.md 1.3). */
export interface Command {
  readonly action?: Handler;
  readonly set?: Handler;
  readonly read?: Handler;
  readonly test?: string | ((reply: Reply) => void);
}

export type CommandSet = Readonly<Record<string, Command>>;

/** Volatile settings of the line: a restart brings the defaults back. */
export interface LineSettings {
  echo: boolean;
  verbose: boolean;
  quiet: boolean;
  /** V.250 S-registers. 3, 4 and 5 are terminator, line feed and backspace. */
  readonly registers: Map<number, number>;
}

export function createLineSettings(): LineSettings {
  return {
    echo: true,
    verbose: true,
    quiet: false,
    registers: new Map([
      [0, 0],
      [3, 13],
      [4, 10],
      [5, 8],
      [6, 2],
      [7, 60],
      [8, 2],
      [10, 14],
      [12, 50],
    ]),
  };
}
