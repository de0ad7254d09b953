/** The socket commands of a Sequans modem (sequans.md 3). */
import type { Command, CommandSet } from '../command-set.ts';
import { cme, Refusal } from '../refusal.ts';
import { protocols } from './connection.ts';
import { accept, close, dial, listen } from './opening.ts';
import type { Parts } from './parts.ts';
import { settingCommands } from './settings.ts';
import { counters, receive, send, status } from './transfer.ts';

export function socketCommands(parts: Parts): CommandSet {
  const { machine, connections } = parts;
  return {
    ...settingCommands(connections.all, machine.settings.generation),
    '+SQNSD': dial(parts),
    '+SQNSL': listen(parts, protocols.tcp),
    '+SQNSLUDP': listen(parts, protocols.udp),
    '+SQNSA': accept(parts),
    '+SQNSSENDEXT': send(parts),
    '+SQNSRECV': receive(parts),
    ...(machine.settings.switches.has('no-sqnsi') ? {} : { '+SQNSI': counters(parts) }),
    '+SQNSS': status(parts),
    '+SQNSH': close(parts),
    '+SQNDNSLKUP': resolve(parts),
  };
}

function resolve({ machine, network }: Parts): Command {
  const { switches } = machine.settings;
  const quote = (text: string): string => (switches.has('dns-unquoted') ? text : `"${text}"`);
  return {
    set: (args, reply) => {
      const name = args.quoted();
      const family = args.choice([0, 1], 0) === 0 ? 4 : 6;
      args.end();
      if (name === '') throw new Refusal(cme.incorrectParameters);
      if (network.registration !== 1) throw new Refusal(cme.notSupported);
      const addresses = machine.hosts.resolve(name, family).map(quote);
      if (addresses.length === 0) throw new Refusal('ERROR');
      const lines = switches.has('dns-line-per-address') ? addresses : [addresses.join(',')];
      for (const line of lines) reply.info(`+SQNDNSLKUP: ${quote(name)},${line}`);
    },
  };
}
