/** What turns the bare machine into one vendor's modem: the contract of a command set. */
import type { CommandSet, LineSettings } from './command-set.ts';
import type { Air } from './sim-air.ts';
import type { Hosts } from './sim-hosts.ts';
import type { Network } from './sim-network.ts';
import type { SimSettings } from './sim-options.ts';
import type { Random } from './sim-random.ts';
import type { MessageCentre } from './sms/centre.ts';

/** What a firmware finds around it. */
export interface Machine {
  readonly settings: SimSettings;
  readonly hosts: Hosts;
  readonly air: Air;
  readonly messages: MessageCentre;
  readonly random: Random;
  /** An unsolicited line. False: it is lost, because nobody is there or nobody reads. */
  say(text: string): boolean;
  restart(): void;
  powerOff(): void;
}

/** One run of the firmware, from boot to restart. All that is volatile lives here. */
export interface Booted {
  readonly network: Network;
  readonly commands: CommandSet;
  /** +CMEE. */
  readonly errorMode: number;
  readonly connectionsOpen: number;
  /** A harmless unsolicited line. */
  gapUrc(): string;
  /** The boot line has been said: from now on things may happen. */
  start(): void;
  close(): void;
}

/** Keeps what survives a restart. */
export interface Firmware {
  readonly bootLine: string;
  boot(line: LineSettings): Booted;
}
