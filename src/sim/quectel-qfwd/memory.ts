/** What the EC25 keeps: PDP contexts and the port of its URCs; and what it forgets in a restart. */
import type { EquipmentMemory } from '../equipment-commands.ts';
import { contextRest, type NetworkMemory } from '../network-commands.ts';
import { type PdpContext, pdpTypes } from '../sim-network.ts';
import type { SimSettings } from '../sim-options.ts';
import type { UrcPort } from './manner.ts';

export interface QuectelMemory extends NetworkMemory, EquipmentMemory {
  /** `<n>` of +CREG. */
  voiceRegistrationMode: number;
  /** +QURCCFG: where the ordinary URCs go (at-generic.md 6). */
  urcPort: UrcPort | 'all';
}

/** As it leaves the factory. */
export function createMemory(settings: SimSettings): QuectelMemory {
  const cid = settings.switches.has('internet-on-cid-3') ? 3 : 1;
  const context: PdpContext = { type: pdpTypes[settings.pdp], apn: 'internet', rest: contextRest };
  return {
    errorMode: 1,
    registrationMode: 0,
    voiceRegistrationMode: 0,
    contexts: new Map([[cid, context]]),
    urcPort: 'usbat',
  };
}

/** After a restart: only contexts and URC port are in NVRAM. */
export function rebooted(memory: QuectelMemory, settings: SimSettings): QuectelMemory {
  const { contexts, urcPort } = memory;
  return { ...createMemory(settings), contexts, urcPort };
}
