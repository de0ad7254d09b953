/** An EC25 with the QFWD commands: its commands put together, and what survives a restart. */
import type { LineSettings } from '../command-set.ts';
import type { Booted, Firmware, Machine } from '../firmware.ts';
import { networkCommands, registrationUrc } from '../network-commands.ts';
import { UdpBridge } from '../sim-links.ts';
import { Network } from '../sim-network.ts';
import { messageCommands } from '../sms/commands.ts';
import { TcpBridge } from '../tcp-bridge.ts';
import { v250Commands } from '../v250.ts';
import { qfwdCommands } from './commands.ts';
import { highestCid } from './contexts.ts';
import { mannerOf } from './manner.ts';
import { createMemory, rebooted } from './memory.ts';
import { Sockets } from './sockets.ts';
import { systemCommands } from './system.ts';

export function createQuectel(machine: Machine): Firmware {
  const { settings, hosts, say } = machine;
  const { switches } = settings;
  const manner = mannerOf(settings);
  let memory = createMemory(settings);
  /** What +CFUN=x,1 asks for after the reset. */
  let nextLevel: number | undefined;

  const boot = (line: LineSettings): Booted => {
    memory = switches.has('nvram-lost') ? createMemory(settings) : rebooted(memory, settings);
    const kept = memory;
    const level = nextLevel ?? settings.cfun;
    nextLevel = undefined;
    const bridges = { udp: new UdpBridge(hosts), tcp: new TcpBridge(hosts) };
    const sockets = new Sockets(machine, manner);
    const network = new Network({ settings, air: machine.air }, kept.contexts, {
      registration: () => {
        if (network.registration === 1) machine.messages.flush();
        if (kept.urcPort !== 'all' && kept.urcPort !== manner.line) return;
        const urc = registrationUrc(network, kept);
        if (urc !== undefined) say(urc);
        if (kept.voiceRegistrationMode > 0) say(`+CREG: ${network.registration}`);
      },
      contextLost: cid => sockets.cutOff(cid),
    });
    const restart = (wanted: number): void => {
      nextLevel = wanted;
      machine.restart();
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
        ...systemCommands({ machine, network, memory: kept }),
        ...qfwdCommands({ machine, manner, network, sockets, bridges }),
      },
      get errorMode() {
        return kept.errorMode;
      },
      get connectionsOpen() {
        return sockets.inUse.length;
      },
      gapUrc: () => sockets.reminder() ?? `+CEREG: ${network.registration}`,
      start: () => {
        // What follows RDY (quectel-qi.md 8.6).
        say(`+CFUN: ${level}`);
        if (level !== 0) say(`+CPIN: ${network.sim}`);
        network.setLevel(level);
        if (network.sim === 'READY') for (const part of ['SMS', 'PB']) say(`+QIND: ${part} DONE`);
      },
      close: () => {
        network.close();
        sockets.closeAll();
        bridges.udp.close();
        bridges.tcp.close();
      },
    };
  };
  return { bootLine: 'RDY', boot };
}
