/** What has to be known of a dialect so that several programs can use one modem: prompts, and where a line names a connection. */
import type { Executor, Urc } from '../at/channel.ts';
import type { Call } from '../at/command-line.ts';
import type { Framing } from '../at/framing.ts';

/** How many bytes follow a prompt; `text`: as many as come until Ctrl-Z, or ESC. */
export type PayloadSize = number | 'text';

/** Where a command names a connection, and what it does with it. Parameters are counted from 0. */
export interface Naming {
  readonly place: number;
  /** configure: the id keeps it when the connection is closed. */
  readonly does: 'open' | 'close' | 'configure' | 'use';
  /** Where lines of the reply name connections. */
  readonly replyPlaces: readonly number[];
}

/** A URC that belongs to whoever holds the connection. */
export interface OwnedUrc {
  readonly id: number;
  readonly place: number;
  /** A connection that the modem itself has opened for the holder. */
  readonly brings?: { readonly id: number; readonly place: number };
}

export interface Sharing {
  /** What tells counted data in lines. `isHex`: the data of a connection come in hex. */
  createFraming(isHex: (id: number) => boolean): Framing;
  /** undefined: the command has no prompt. */
  payload(call: Call, isHex: (id: number) => boolean): PayloadSize | undefined;
  /** undefined: it names no connection. */
  naming(call: Call): Naming | undefined;
  /** Its reply has a line for each connection; `absent` is what follows the id of one that is closed, if it has a line. */
  list(call: Call): { readonly absent?: string } | undefined;
  /** What a setting says of the form of a connection's data. */
  encoding(call: Call): { readonly toModem: boolean; readonly fromModem: boolean } | undefined;
  /** It would leave command mode, and the line with it. */
  leavesCommandMode(call: Call): boolean;
  /** undefined: everybody's. */
  urc(urc: Pick<Urc, 'name' | 'params'>): OwnedUrc | undefined;
  /** Names of lines that are never a reply. */
  readonly urcNames: readonly string[];
  /** Names under which replies come, besides that of their command. */
  readonly replyNames: readonly string[];
  /** The ids there are; or the first and last of those that may be chosen. @throws AtError */
  ids(
    at: Executor,
  ): Promise<{ readonly all: readonly number[] } | { readonly range: readonly [number, number] }>;
  /** Connections that are open on the modem. @throws AtError */
  openIds(at: Executor): Promise<readonly number[]>;
  /** @throws AtError */
  close(at: Executor, id: number): Promise<void>;
}
