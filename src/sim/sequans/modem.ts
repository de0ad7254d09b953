/** The Sequans Monarch firmware: its commands put together, and what survives a restart. */

import type { LineSettings } from '../command-set.ts';
import type { Booted, Firmware, Machine } from '../firmware.ts';
import { networkCommands, registrationUrc } from '../network-commands.ts';
import { UdpBridge } from '../sim-links.ts';
import { Network } from '../sim-network.ts';
import { messageCommands } from '../sms/commands.ts';
import { TcpBridge } from '../tcp-bridge.ts';
import { v250Commands } from '../v250.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { createMemory, highestCid } from './memory.ts';
import { socketCommands } from './sockets.ts';
import { systemCommands } from './system.ts';
import { TcpSockets } from './tcp.ts';
import { UdpSockets } from './udp.ts';

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
    const bridges = { udp: new UdpBridge(hosts), tcp: new TcpBridge(hosts) };
    const connections = new Connections({ memory: kept, switches, random, say });
    const udp = new UdpSockets(connections, bridges.udp);
    const tcp = new TcpSockets(connections, bridges.tcp, switches);
    const network = new Network({ settings, air: machine.air }, kept.contexts, {
      registration: () => {
        if (network.registration === 1) machine.messages.flush();
        const urc = registrationUrc(network, kept);
        if (urc !== undefined) say(urc);
      },
      contextLost: cid => {
        for (const one of connections.all) {
          if (one.phase !== 'closed' && one.settings.config.cid === cid) connections.cutOff(one);
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
      network,
      commands: {
        ...v250Commands(line, !switches.has('no-s-registers')),
        ...networkCommands({
          network,
          memory: kept,
          highestCid,
          colons: switches.has('cgpaddr-colon'),
          restart,
        }),
        ...messageCommands(machine, network),
        ...systemCommands({ machine, network, memory: kept, factoryReset }),
        ...socketCommands({ machine, network, connections, udp, tcp }),
      },
      get errorMode() {
        return kept.errorMode;
      },
      get connectionsOpen() {
        return connections.open;
      },
      // A ring once more for data that wait; a ring without need is legal (sequans.md 3.9).
      gapUrc: () => {
        const ringing = connections.all.find(rings);
        if (!ringing) return `+CEREG: ${network.registration}`;
        return `+SQNSRING: ${ringing.id}${ringing.settings.extension.ringMode === 1 ? `,${ringing.queue.bytes}` : ''}`;
      },
      start: () => network.setLevel(level ?? settings.cfun),
      close: () => {
        network.close();
        connections.closeAll();
        bridges.udp.close();
        bridges.tcp.close();
      },
    };
  };
  return { bootLine: '+SYSSTART', boot };
}

/** Has it told of data that wait, without the data? */
function rings(one: Connection): boolean {
  return one.phase === 'open' && one.queue.bytes > 0 && one.settings.extension.ringMode < 2;
}
