/** The Sequans Monarch firmware: its commands put together, and what survives a restart. */

import type { LineSettings } from './command-set.ts';
import type { Booted, Firmware, Machine } from './firmware.ts';
import { networkCommands, registrationUrc } from './network-commands.ts';
import { Connections } from './sequans-connections.ts';
import { createMemory } from './sequans-memory.ts';
import { socketCommands } from './sequans-sockets.ts';
import { systemCommands } from './sequans-system.ts';
import { UdpBridge } from './sim-links.ts';
import { Network } from './sim-network.ts';
import { v250Commands } from './v250.ts';

export function createSequans(machine: Machine): Firmware {
  const { settings, hosts, random, say } = machine;
  const { switches } = settings;
  let memory = createMemory(settings);
  /** What +CFUN=x,1 asks for after the reset. */
  let nextLevel: number | undefined;

  const boot = (line: LineSettings): Booted => {
    if (switches.has('nvram-lost')) memory = createMemory(settings);
    const kept = memory;
    const level = nextLevel;
    nextLevel = undefined;
    const bridge = new UdpBridge(hosts);
    const connections = new Connections({ memory: kept, bridge, switches, random, say });
    const network = new Network(settings, kept.contexts, {
      registration: () => {
        const urc = registrationUrc(network, kept);
        if (urc !== undefined) say(urc);
      },
      contextLost: cid => {
        for (const one of connections.all) {
          if (one.phase !== 'closed' && one.settings.config.cid === cid) connections.lose(one);
        }
      },
    });
    const restart = (wanted: number): void => {
      nextLevel = wanted;
      machine.restart();
    };
    // A reboot makes it complete (sequans.md 2.1).
    const factoryReset = (): void => {
      memory = createMemory(settings);
    };
    return {
      commands: {
        ...v250Commands(line, !switches.has('no-s-registers')),
        ...networkCommands({ network, memory: kept, colons: switches.has('cgpaddr-colon'), restart }),
        ...systemCommands({ machine, network, memory: kept, factoryReset }),
        ...socketCommands({ machine, network, connections }),
      },
      get errorMode() {
        return kept.errorMode;
      },
      get connectionsOpen() {
        return connections.open;
      },
      // A ring once more for data that wait; a ring without need is legal (sequans.md 3.9).
      gapUrc: () => {
        const ringing = connections.all.find(one => one.unread > 0 && one.settings.extension.ringMode < 2);
        if (!ringing) return `+CEREG: ${network.registration}`;
        return `+SQNSRING: ${ringing.id}${ringing.settings.extension.ringMode === 1 ? `,${ringing.unread}` : ''}`;
      },
      start: () => network.setLevel(level ?? settings.cfun),
      close: () => {
        network.close();
        connections.closeAll();
        bridge.close();
      },
    };
  };
  return { bootLine: '+SYSSTART', boot };
}
