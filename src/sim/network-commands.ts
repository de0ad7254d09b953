/** The commands of 27.007 for SIM, radio, registration and PDP contexts. */
import { type AddressFormat, formatAddress, formatSubnet } from './address-forms.ts';
import type { Arguments } from './arguments.ts';
import type { CommandSet } from './command-set.ts';
import { nameServers } from './name-server.ts';
import { cme, Refusal } from './refusal.ts';
import type { Network, PdpContext } from './sim-network.ts';

/** What these commands store. */
export interface NetworkMemory {
  /** `<n>` of +CEREG. */
  registrationMode: number;
  readonly contexts: Map<number, PdpContext>;
}

interface Parts {
  readonly network: Network;
  readonly memory: NetworkMemory;
  readonly highestCid: number;
  /** The form of IPv6 addresses at boot. */
  readonly colons: boolean;
  /** A soft reset that ends with this functional level. */
  restart(level: number): void;
}

const OPERATOR = 'Simulator';
const IMSI = '001010000000001';
/** The parameters behind the APN of a context that was written without them (sequans.md 2.3). */
export const contextRest = ['', '', '', '0', '0', '0', '0', '0', '0', '1', '', '0'];

/** `+CEREG: …` as it reads unsolicited; undefined where +CEREG=0 forbids it. */
export function registrationUrc(network: Network, memory: NetworkMemory): string | undefined {
  return memory.registrationMode === 0 ? undefined : `+CEREG: ${registrationText(network, memory)}`;
}

function registrationText(network: Network, memory: NetworkMemory): string {
  const { registrationMode: mode } = memory;
  if (mode < 2 || network.registration !== 1) return String(network.registration);
  // AcT 7 is LTE-M; the timers of power saving come from mode 4 on.
  return `${network.registration},"0001","01A2D001",7${mode >= 4 ? ',,,"11100000","11100000"' : ''}`;
}

export function networkCommands(parts: Parts): CommandSet {
  return { ...simCommands(parts), ...radioCommands(parts), ...contextCommands(parts) };
}

/** 27.007 8.3: the SIM answers only with the radio on or in flight mode (sequans.md 2.1). */
export function requireSim(network: Network, unlocked = true): void {
  if (network.level === 0) throw new Refusal(cme.notSupported);
  if (!unlocked || network.sim === 'READY') return;
  throw new Refusal(network.sim === 'SIM PIN' ? cme.simPinRequired : cme.simPukRequired);
}

function simCommands({ network }: Parts): CommandSet {
  return {
    '+CPIN': {
      read: (_, reply) => {
        requireSim(network, false);
        reply.info(`+CPIN: ${network.sim}`);
      },
      set: args => {
        const pin = args.word().text;
        args.end();
        requireSim(network, false);
        if (network.sim === 'READY') throw new Refusal(cme.notAllowed);
        if (network.sim === 'SIM PUK') throw new Refusal(cme.simPukRequired);
        if (!network.enterPin(pin)) throw new Refusal(cme.incorrectPassword);
      },
    },
    // Tries left (27.007 8.65).
    '+CPINR': {
      set: (args, reply) => {
        const code = args.quoted();
        args.end();
        if (code !== 'SIM PIN') throw new Refusal(cme.incorrectParameters);
        requireSim(network, false);
        reply.info(`+CPINR: ${code},${network.pinTries},3`);
      },
    },
    '+CIMI': {
      action: (_, reply) => {
        requireSim(network);
        reply.info(IMSI);
      },
    },
  };
}

function radioCommands({ network, memory, restart }: Parts): CommandSet {
  const signal = (known: string, unknown: string): string => (network.hasSignal ? known : unknown);
  const attach = async (): Promise<void> => {
    requireSim(network);
    if (network.level !== 1) throw new Refusal(cme.notSupported);
    if (!(await network.attach())) throw new Refusal(cme.noNetworkService);
  };
  return {
    '+CFUN': {
      test: '(0,1,4),(0,1)',
      read: (_, reply) => reply.info(`+CFUN: ${network.level}`),
      set: (args, reply) => {
        const level = args.choice([0, 1, 4]);
        const reset = args.choice([0, 1], 0);
        args.end();
        if (reset === 1) reply.afterwards(() => restart(level));
        else network.setLevel(level);
      },
    },
    '+CEREG': {
      test: '(0-5)',
      read: (_, reply) =>
        reply.info(`+CEREG: ${memory.registrationMode},${registrationText(network, memory)}`),
      set: args => {
        const mode = args.integer(0, 5, 0);
        args.end();
        memory.registrationMode = mode;
      },
    },
    '+CGATT': {
      test: '(0,1)',
      read: (_, reply) => reply.info(`+CGATT: ${network.registration === 1 ? 1 : 0}`),
      set: async args => {
        const wanted = args.choice([0, 1]);
        args.end();
        if (wanted === 1) await attach();
        else network.detach();
      },
    },
    '+COPS': {
      read: (_, reply) => reply.info(network.registration === 1 ? `+COPS: 0,0,"${OPERATOR}",7` : '+COPS: 0'),
      set: async args => {
        const mode = args.choice([0, 2]);
        args.end();
        if (mode === 0) await attach();
        else network.detach();
      },
    },
    '+CSQ': {
      test: '(0-31,99),(0-7,99)',
      action: (_, reply) => reply.info(signal('+CSQ: 20,99', '+CSQ: 99,99')),
    },
    '+CESQ': {
      action: (_, reply) => reply.info(signal('+CESQ: 99,99,255,255,22,52', '+CESQ: 99,99,255,255,255,255')),
    },
  };
}

function contextCommands({ network, memory, highestCid, colons }: Parts): CommandSet {
  const { contexts } = memory;
  let format: AddressFormat = { colons, prefix: false, leadingZeros: false, compressed: false };
  const cids = (): number[] => [...contexts.keys()].sort((a, b) => a - b);
  const takeCid = (args: Arguments): number => args.integer(1, highestCid);
  /** The contexts that a command with an optional cid is about. */
  const chosen = (args: Arguments): readonly number[] => {
    const one = args.integer(1, highestCid, 0);
    args.end();
    if (one !== 0 && !contexts.has(one)) throw new Refusal(cme.incorrectParameters);
    return one === 0 ? cids() : [one];
  };
  const addressLine = (cid: number): string => {
    const addresses = ([4, 6] as const)
      .map(family => network.address(cid, family))
      .filter(a => a !== undefined);
    return `+CGPADDR: ${[cid, ...addresses.map(address => `"${formatAddress(address, format)}"`)].join(',')}`;
  };
  const bearerLines = (cid: number): string[] =>
    ([4, 6] as const).flatMap(family => {
      const address = network.address(cid, family);
      if (address === undefined) return [];
      const servers = nameServers[family].map(server => `"${formatAddress(server, format)}"`);
      const apn = contexts.get(cid)?.apn ?? '';
      return [`+CGCONTRDP: ${cid},5,"${apn}","${formatSubnet(address, format)}","",${servers.join(',')}`];
    });
  return {
    '+CGDCONT': {
      test: `(1-${highestCid}),"IP",,,(0,1),(0,1)`,
      read: (_, reply) => {
        for (const cid of cids()) {
          const { type, apn, rest } = contexts.get(cid) ?? { type: '', apn: '', rest: [] };
          reply.info(`+CGDCONT: ${cid},"${type}","${apn}",${rest.join(',')}`);
        }
      },
      set: args => {
        const cid = takeCid(args);
        // Without a type the context is deleted (27.007 10.1.1).
        const context = args.count > 1 ? takeContext(args) : undefined;
        // Only while detached: drivers leave the network first (sequans.md 2.3).
        if (network.isActive(cid)) throw new Refusal(cme.notSupported);
        if (context) contexts.set(cid, context);
        else contexts.delete(cid);
      },
    },
    '+CGACT': {
      test: '(0,1)',
      read: (_, reply) => {
        for (const cid of cids()) reply.info(`+CGACT: ${cid},${network.isActive(cid) ? 1 : 0}`);
      },
      set: args => {
        const wanted = args.choice([0, 1]);
        const cid = takeCid(args);
        args.end();
        if (!contexts.has(cid)) throw new Refusal(cme.incorrectParameters);
        if (network.registration !== 1) throw new Refusal(cme.notSupported);
        if (network.isActive(cid) === (wanted === 1)) return;
        if (wanted === 0 && network.activeContexts === 1) throw new Refusal(cme.lastPdn);
        if (wanted === 0) network.deactivate(cid);
        else if (!network.activate(cid)) throw new Refusal(cme.notSupported);
      },
    },
    '+CGPADDR': {
      action: (_, reply) => cids().forEach(cid => void reply.info(addressLine(cid))),
      set: (args, reply) => chosen(args).forEach(cid => void reply.info(addressLine(cid))),
    },
    '+CGPIAF': {
      test: '(0,1),(0,1),(0,1),(0,1)',
      read: (_, reply) => {
        const { colons, prefix, leadingZeros, compressed } = format;
        reply.info(`+CGPIAF: ${[colons, prefix, leadingZeros, compressed].map(Number).join(',')}`);
      },
      set: args => {
        const flags = [0, 1, 2, 3].map(() => args.choice([0, 1], 0) === 1);
        args.end();
        const [colons = false, prefix = false, leadingZeros = false, compressed = false] = flags;
        format = { colons, prefix, leadingZeros, compressed };
      },
    },
    '+CGCONTRDP': {
      action: (_, reply) =>
        cids()
          .flatMap(bearerLines)
          .forEach(line => void reply.info(line)),
      set: (args, reply) =>
        chosen(args)
          .flatMap(bearerLines)
          .forEach(line => void reply.info(line)),
    },
  };
}

const TYPES = ['IP', 'IPV6', 'IPV4V6', 'Non-IP', 'OSPIH', 'PPP', 'X.25'];

function takeContext(args: Arguments): PdpContext {
  const type = args.quoted();
  const apn = args.quoted('');
  const rest = args.rest();
  if (!TYPES.includes(type) || rest.length > contextRest.length) throw new Refusal(cme.incorrectParameters);
  return { type, apn, rest: contextRest.map((value, index) => rest[index] ?? value) };
}
