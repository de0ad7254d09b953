/** What a Sequans modem keeps in NVRAM: error and registration modes, PDP contexts, socket settings. */
import type { EquipmentMemory } from '../equipment-commands.ts';
import { contextRest, type NetworkMemory } from '../network-commands.ts';
import { type PdpContext, pdpTypes } from '../sim-network.ts';
import type { SimSettings } from '../sim-options.ts';

export const highestCid = 6;

/** +SQNSCFG (sequans.md 3.2). */
export interface SocketConfig {
  readonly cid: number;
  readonly packetSize: number;
  /** Seconds without data after which the modem closes the socket; 0: never. */
  readonly maxTimeout: number;
  readonly connectTimeout: number;
  readonly sendTimeout: number;
}

/** +SQNSCFGEXT (sequans.md 3.3). */
export interface SocketExtension {
  /** The form of +SQNSRING: 0 id, 1 with length, 2 with data. */
  readonly ringMode: number;
  readonly receiveHex: number;
  readonly keepalive: number;
  readonly autoAccept: number;
  readonly sendHex: number;
}

export interface SocketSettings {
  config: SocketConfig;
  extension: SocketExtension;
}

export interface SequansMemory extends NetworkMemory, EquipmentMemory {
  /** One per socket, in the order of their ids. */
  readonly sockets: readonly SocketSettings[];
}

/** As it leaves the factory. */
export function createMemory(settings: SimSettings): SequansMemory {
  const cid = settings.switches.has('internet-on-cid-3') ? 3 : 1;
  const context: PdpContext = { type: pdpTypes[settings.pdp], apn: 'internet', rest: contextRest };
  return {
    errorMode: 0,
    registrationMode: 0,
    contexts: new Map([[cid, context]]),
    sockets: Array.from({ length: settings.connections }, () => ({
      config: { cid, packetSize: 300, maxTimeout: 90, connectTimeout: 600, sendTimeout: 50 },
      extension: {
        ringMode: settings.switches.has('nvram-ring-data') ? 2 : 0,
        receiveHex: 0,
        keepalive: 0,
        autoAccept: 0,
        sendHex: 0,
      },
    })),
  };
}
