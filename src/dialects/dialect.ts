/** The contract of a dialect: name, recognition, driver. */
import type { AtChannel } from '../at/channel.ts';
import type { Command } from '../at/command.ts';
import type { ModemDriver } from '../driver/driver.ts';
import type { NetworkOptions } from '../threegpp/network.ts';
import type { Sharing } from './sharing.ts';

/** Who the modem says it is. */
export interface Identity {
  /** +CGMI. */
  readonly manufacturer: string;
  /** +CGMM. */
  readonly model: string;
  /** +CGMR: of the firmware. */
  readonly revision: string;
}

export interface DriverOptions extends NetworkOptions {
  /** `auto`: the cheapest that is byte-exact on this dialect. */
  readonly encoding: 'auto' | 'binary' | 'hex';
  /** Longest run of bytes that the path to the modem passes in one write. */
  readonly maxLine?: number | undefined;
  /** What a driver has learned of this modem in an earlier run. */
  readonly capabilities?: Readonly<Record<string, string>> | undefined;
}

export interface Dialect {
  readonly name: string;
  matches(identity: Identity): boolean;
  /** Restarts the modem; a boot line follows. */
  readonly reset: Command;
  /** For programs that use it together. */
  readonly sharing: Sharing;
  create(at: AtChannel, options: DriverOptions, identity: Identity): ModemDriver;
}
