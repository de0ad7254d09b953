/** The QFWD commands under the names that a firmware knows, with the test replies of the manual (quectel-qfwd.md 1). */
import type { Command, CommandSet } from '../command-set.ts';
import { Refusal } from '../refusal.ts';
import { configuration, listClients, listServers, serverState } from './lists.ts';
import { client, close, server } from './opening.ts';
import { type Parts, plain } from './parts.ts';
import { buffers, receive, send } from './transfer.ts';

const FAMILIES = '("IP","IPV6"),("tcp","udp")';
const PORTS = '"uart1","usbat","usbmodem"';
const SERVER_TEST = {
  table: `(0-16),(1-65535),${FAMILIES},(1-65535),(1-10),(1-65535),(${PORTS})`,
  // No source shows it; an APN took the place of the range behind the id (quectel-qfwd.md 2.1).
  example: `(1-65535),<apn>,${FAMILIES},(1-65535),(1-10)`,
} as const;

export function qfwdCommands(parts: Parts): CommandSet {
  const { machine, manner } = parts;
  const { switches } = machine.settings;
  const [form = 'table'] = manner.serverArguments;
  const recvName = switches.has('recv-test-corrected') ? '+QFWDRECV' : '+QFWDPRECV';
  const commands: CommandSet = {
    '+QFWDCLIENT': {
      test: `(0-16),(1-65535),${FAMILIES},<remote_addr>,<1-65535>,( ${PORTS})`,
      set: client(parts),
      read: listClients(parts),
    },
    '+QFWDSEND': { test: '<socket_id>,<data_format>,<send_length>', set: send(parts) },
    '+QFWDACK': { test: '<socket_id>', set: buffers(parts) },
    '+QFWDCFG': {
      test: reply => {
        reply.info('+QFWDCFG: "urc",<socketfd>,<urc_port>');
        if (manner.urcWithLen) reply.info('+QFWDCFG: "urc_with_len",(0,1)');
      },
      set: configuration(parts),
    },
    ...(manner.reads.includes('recv') && {
      '+QFWDRECV': { test: reply => reply.info(`${recvName}: <socket_id>,<read_len>`), set: receive(parts) },
    }),
    ...named(manner.serverNames, name => ({
      test: SERVER_TEST[form],
      set: server(parts),
      read: listServers(parts, name),
    })),
    ...named(manner.stateNames, name => ({ set: serverState(parts, name) })),
    ...named(manner.closeNames, () => ({ set: close(parts) })),
  };
  return Object.fromEntries(
    Object.entries(commands).map(([name, command]) => [
      name,
      strict(command, switches.has('test-forms-refused')),
    ]),
  );
}

function named(names: readonly string[], create: (name: string) => Command): CommandSet {
  return Object.fromEntries(names.map(name => [name, create(name)]));
}

function strict({ set, read, test }: Command, withoutTest: boolean): Command {
  const refuse = (): never => {
    throw new Refusal('ERROR');
  };
  return {
    ...(set && { set: plain(set) }),
    ...(read && { read }),
    ...(withoutTest ? { test: refuse } : test !== undefined && { test }),
  };
}
